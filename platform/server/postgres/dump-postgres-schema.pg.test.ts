import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { sql } from '#platform/common/sql.ts'
import { dumpPostgresSchema } from './dump-postgres-schema.ts'
import { migratePostgres } from './migrate-postgres.ts'
import { createDatabaseOn, createEmptyTestDatabase, type TestDatabase } from './postgres-testing.ts'
import { startServer15, whyNoServer15 } from './server-postgres-testing.ts'

const schema = sql`
  CREATE TYPE mood AS ENUM ('glad', 'it''s fine');
  CREATE DOMAIN minor AS bigint CHECK (VALUE >= 0);
  CREATE SEQUENCE ticket START 7;
  CREATE TABLE person (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL DEFAULT 'p.nobody',
    mood mood, amount minor, born date,
    lowered text GENERATED ALWAYS AS (lower(name)) STORED,
    CONSTRAINT name_given CHECK (length(name) > 0), UNIQUE (name, born)
  );
  CREATE TABLE pet (person_id bigint NOT NULL REFERENCES person ON DELETE CASCADE, tags text[] NOT NULL DEFAULT '{}');
  CREATE INDEX pet_tag ON pet USING gin (tags);
  CREATE INDEX person_glad ON person (born DESC) INCLUDE (name) WHERE mood = 'glad';
  CREATE TABLE log (at timestamptz NOT NULL, line text) PARTITION BY RANGE (at);
  CREATE TABLE log_2024 PARTITION OF log FOR VALUES FROM ('2024-01-01 00:00:00+00') TO ('2025-01-01 00:00:00+00');
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := trim(NEW.name); RETURN NEW; END $$;
  CREATE TRIGGER person_touch BEFORE UPDATE ON person FOR EACH ROW EXECUTE FUNCTION touch();
  CREATE VIEW glad AS SELECT p.id, p.name || ' p.id' AS label FROM person AS p WHERE p.mood = 'glad';
  CREATE VIEW owner AS SELECT p.name, q.tags FROM person AS p JOIN pet AS q ON q.person_id = p.id;
  CREATE VIEW lonely AS
    SELECT person.id FROM person WHERE NOT EXISTS (SELECT 1 FROM pet WHERE pet.person_id = person.id);
  CREATE MATERIALIZED VIEW mood_count AS SELECT mood, count(*) AS n FROM person GROUP BY mood;`

const migrationsDir = fileURLToPath(new URL('../../../db/postgres', import.meta.url))
const cleanups: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const clean of cleanups.reverse()) await clean()
})

const dumpOf = async (database: TestDatabase, fill: (database: TestDatabase) => Promise<unknown>) => {
  cleanups.push(() => database.drop())
  await fill(database)
  return dumpPostgresSchema(database.pg)
}

test('tells everything that makes up the schema', async () => {
  const dump = await dumpOf(await createEmptyTestDatabase(), ({ pg }) => pg.execute(schema))
  expect(dump).toMatchInlineSnapshot(`
    "CREATE DOMAIN minor AS bigint CHECK ((VALUE >= 0));

    CREATE TYPE mood AS ENUM ('glad', 'it''s fine');

    CREATE SEQUENCE ticket AS bigint START 7 INCREMENT 1;

    CREATE TABLE log (
      at timestamp with time zone NOT NULL,
      line text
    ) PARTITION BY RANGE (at);

    CREATE TABLE log_2024 PARTITION OF log FOR VALUES FROM ('2024-01-01 00:00:00+00') TO ('2025-01-01 00:00:00+00') (
      at timestamp with time zone NOT NULL,
      line text
    );

    CREATE TABLE person (
      id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
      name text COLLATE "C" DEFAULT 'p.nobody'::text NOT NULL,
      mood mood,
      amount minor,
      born date,
      lowered text GENERATED ALWAYS AS (lower(name)) STORED
    );

    CREATE TABLE pet (
      person_id bigint NOT NULL,
      tags text[] DEFAULT '{}'::text[] NOT NULL
    );

    ALTER TABLE person ADD CONSTRAINT name_given CHECK ((length(name) > 0));

    ALTER TABLE person ADD CONSTRAINT person_name_born_key UNIQUE (name, born);

    ALTER TABLE person ADD CONSTRAINT person_pkey PRIMARY KEY (id);

    ALTER TABLE pet ADD CONSTRAINT pet_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id) ON DELETE CASCADE;

    CREATE INDEX person_glad ON public.person USING btree (born DESC) INCLUDE (name) WHERE (mood = 'glad'::mood);

    CREATE INDEX pet_tag ON public.pet USING gin (tags);

    CREATE OR REPLACE FUNCTION public.touch()
     RETURNS trigger
     LANGUAGE plpgsql
    AS $function$ BEGIN NEW.name := trim(NEW.name); RETURN NEW; END $function$;

    CREATE TRIGGER person_touch BEFORE UPDATE ON public.person FOR EACH ROW EXECUTE FUNCTION touch();

    CREATE VIEW glad AS
    SELECT id,
        name || ' p.id'::text AS label
       FROM person p
      WHERE mood = 'glad'::mood;

    CREATE VIEW lonely AS
    SELECT id
       FROM person
      WHERE NOT (EXISTS ( SELECT 1
               FROM pet
              WHERE pet.person_id = id));

    CREATE MATERIALIZED VIEW mood_count AS
    SELECT mood,
        count(*) AS n
       FROM person
      GROUP BY mood;

    CREATE VIEW owner AS
    SELECT p.name,
        q.tags
       FROM person p
         JOIN pet q ON q.person_id = p.id;
    "
  `)
})

const missing = whyNoServer15()
test.skipIf(missing)(`is the same on 15 and 18${missing ? ` (skipped: ${missing})` : ''}`, async () => {
  const old = await startServer15()
  cleanups.push(() => old.end())
  for (const fill of [
    ({ pg }: TestDatabase) => pg.execute(schema),
    ({ pg }: TestDatabase) => migratePostgres(pg, migrationsDir),
  ]) {
    const dumped = await dumpOf(await createDatabaseOn(old.url, 'template0'), fill)
    expect(dumped).toBe(await dumpOf(await createEmptyTestDatabase(), fill))
  }
})
