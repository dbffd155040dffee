import { classOfValue } from '#features/ingest/server/sensitive-values.ts'

/** What a property's name says about its value. */
export type KeyClass = 'plain' | 'identifier' | 'card' | 'authentication' | 'forbidden' | 'constructor'

/** Direct identifiers of a person, wherever they stand: they live encrypted in PostgreSQL and nowhere else. */
const identifierKeys = new Set([
  ...['phone', 'phoneno', 'phonenumber', 'mobile', 'mobileno', 'mobilenumber', 'mobilephone', 'tel', 'telno'],
  ...['cellphone', 'homephone', 'workphone', 'contactphone', 'email', 'emailaddress', 'mail'],
  ...['realname', 'fullname', 'firstname', 'lastname', 'familyname', 'givenname', 'customername', 'custname'],
  ...[
    'idno',
    'idnumber',
    'idcard',
    'idcardno',
    'idcardnumber',
    'identityno',
    'identitycard',
    'identitynumber',
  ],
  ...['nationalid', 'certno', 'certificateno', 'passport', 'passportno', 'ssn'],
  ...['accountno', 'accountnumber', 'acctno', 'iban'],
  ...['address', 'addr', 'homeaddress', 'street', 'streetaddress', 'openid', 'unionid', 'externaluserid'],
  ...['手机', '手机号', '手机号码', '电话', '姓名', '身份证', '身份证号', '证件号', '证件号码'],
  ...['地址', '邮箱'],
])

/** A card's number, when the value is long enough to be a whole one; else its last digits, which are left out. */
const cardKeys = new Set([
  ...['card', 'cardno', 'cardnumber', 'cardnum', 'cardid', 'pan', 'bankcard', 'bankcardno', 'bankcardnumber'],
  ...['creditcard', 'creditcardno', 'creditcardnumber', 'debitcard', 'debitcardno', 'debitcardnumber'],
  ...['卡号', '银行卡号', '信用卡号', '借记卡号'],
])

/** In the traits of a person these too name the person. */
const traitIdentifierKeys = new Set(['name', 'username', 'avatar', 'birthname', 'surname', '名字'])

/** Authentication data (C3): the platform refuses to hold it. */
const authenticationKeys = new Set([
  ...['password', 'passwd', 'passphrase', 'pwd', 'loginpassword', 'paypassword', 'tradepassword'],
  ...['transactionpassword', 'querypassword', 'pin', 'pincode', 'pinblock', 'cardpin'],
  ...['cvv', 'cvv2', 'cvc', 'cvc2', 'cvn', 'cvn2', 'securitycode'],
  ...['track1', 'track2', 'track3', 'trackdata', 'magstripe', 'track2data', 'chipdata'],
  ...[
    'otp',
    'otpcode',
    'onetimepassword',
    'onetimecode',
    'smscode',
    'smsotp',
    'verificationcode',
    'verifycode',
  ],
  ...[
    'smsverificationcode',
    'authcode',
    'totp',
    'totpcode',
    'mfacode',
    'dynamiccode',
    'passcode',
    'onetimepin',
  ],
  ...[
    'dynamiccode',
    'dynamicpassword',
    'captchacode',
    'fingerprintdata',
    'facedata',
    'privatekey',
    'secretkey',
  ],
  ...['密码', '登录密码', '支付密码', '交易密码', '验证码', '短信验证码', '动态口令'],
])

/** old_password, loginPwd, card_cvv2 and their like. */
const authenticationEnds = /(?:password|passwd|pwd|cvv2?|cvn2|密码|验证码)$/

const known = new Map<string, KeyClass>()
const knownTraits = new Map<string, KeyClass>()
/** Names come from outside, so what is remembered of them is bounded. */
const mostKnown = 20_000

function read(key: string, isTrait: boolean): KeyClass {
  if (key === '__proto__') return 'forbidden'
  if (key === 'constructor') return 'constructor'
  const plain = key.toLowerCase().replace(/[\s_.-]/g, '')
  if (authenticationKeys.has(plain) || authenticationEnds.test(plain)) return 'authentication'
  if (cardKeys.has(plain)) return 'card'
  if (identifierKeys.has(plain) || (isTrait && traitIdentifierKeys.has(plain))) return 'identifier'
  // A map by phone or card number has it in its names.
  return classOfValue(key) ?? 'plain'
}

/** Classes a property name; the traits of a person know more identifiers than the properties of an event. */
export function classOfKey(key: string, isTrait = false): KeyClass {
  const cache = isTrait ? knownTraits : known
  const found = cache.get(key)
  if (found) return found
  const keyClass = read(key, isTrait)
  if (cache.size >= mostKnown) cache.clear()
  if (key.length <= 200) cache.set(key, keyClass)
  return keyClass
}
