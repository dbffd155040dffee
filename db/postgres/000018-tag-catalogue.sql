-- How many different people have to approve, and who did on the way there.
ALTER TABLE approval ADD COLUMN levels integer NOT NULL DEFAULT 1 CHECK (levels IN (1, 2));
CREATE TABLE approval_step (
  approval_id integer NOT NULL REFERENCES approval,
  level integer NOT NULL,
  checker text NOT NULL,
  reason text NOT NULL DEFAULT '',
  at timestamptz NOT NULL,
  PRIMARY KEY (approval_id, level),
  -- Two levels are two people.
  UNIQUE (approval_id, checker)
);

CREATE TABLE tag_directory (
  key text PRIMARY KEY,
  parent_key text REFERENCES tag_directory,
  name jsonb NOT NULL,
  -- Order among its brothers.
  position integer NOT NULL DEFAULT 0,
  updated_at timestamptz NOT NULL
);
CREATE INDEX tag_directory_parent ON tag_directory (parent_key);

-- draft and submitted: never published yet, so neither computed nor usable. active: published.
ALTER TABLE tag DROP CONSTRAINT tag_state_check;
ALTER TABLE tag ADD CONSTRAINT tag_state_check CHECK (state IN ('draft', 'submitted', 'active', 'retired'));
ALTER TABLE tag ADD COLUMN directory text REFERENCES tag_directory;
ALTER TABLE tag ADD COLUMN unit text NOT NULL DEFAULT '';
-- The person who answers for it.
ALTER TABLE tag ADD COLUMN owner text;
-- Shown and still read after this, but no longer refreshed.
ALTER TABLE tag ADD COLUMN expires_at timestamptz;
-- Updated within seconds of an event, besides its schedule.
ALTER TABLE tag ADD COLUMN is_streaming boolean NOT NULL DEFAULT false;
-- Key, names and their pinyin, in lower case: what the search looks through.
ALTER TABLE tag ADD COLUMN search text NOT NULL DEFAULT '';
-- Everyone who had a hand in the definition since it was last approved.
ALTER TABLE tag ADD COLUMN makers text[] NOT NULL DEFAULT '{}';
-- A changed definition of a published tag that waits for its approval; the old one stays in force meanwhile.
ALTER TABLE tag ADD COLUMN proposal jsonb;
ALTER TABLE tag ADD COLUMN template text;
ALTER TABLE tag ADD COLUMN retired_reason text;
ALTER TABLE tag ADD COLUMN replaced_by text;
UPDATE tag SET owner = created_by;
CREATE INDEX tag_directory_tags ON tag (directory, key);
