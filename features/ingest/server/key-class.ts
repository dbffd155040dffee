/** What a property's name says about its value. */
export type KeyClass = 'plain' | 'identifier' | 'authentication' | 'forbidden' | 'constructor'

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
  ...['card', 'cardno', 'cardnumber', 'cardnum', 'pan', 'bankcard', 'bankcardno', 'creditcard', 'debitcard'],
  ...['accountno', 'accountnumber', 'acctno', 'iban'],
  ...['address', 'addr', 'homeaddress', 'street', 'streetaddress', 'openid', 'unionid', 'externaluserid'],
  ...[
    '手机',
    '手机号',
    '手机号码',
    '电话',
    '姓名',
    '身份证',
    '身份证号',
    '证件号',
    '证件号码',
    '卡号',
    '银行卡号',
  ],
  ...['地址', '邮箱'],
])

/** In the traits of a person these too name the person. */
const traitIdentifierKeys = new Set(['name', 'username', 'avatar', 'birthname', 'surname', '名字'])

/** Authentication data (C3): the platform refuses to hold it. */
const authenticationKeys = new Set([
  ...['password', 'passwd', 'passphrase', 'pwd', 'loginpassword', 'paypassword', 'tradepassword'],
  ...['transactionpassword', 'querypassword', 'pin', 'pincode', 'pinblock', 'cardpin'],
  ...['cvv', 'cvv2', 'cvc', 'cvc2', 'cvn', 'cvn2', 'securitycode'],
  ...['track1', 'track2', 'track3', 'trackdata', 'magstripe', 'track2data', 'chipdata'],
  ...['otp', 'otpcode', 'onetimepassword', 'onetimecode', 'smscode', 'verificationcode', 'verifycode'],
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

const known = new Map<string, KeyClass>()
const knownTraits = new Map<string, KeyClass>()
/** Names come from outside, so what is remembered of them is bounded. */
const mostKnown = 20_000

function read(key: string, isTrait: boolean): KeyClass {
  if (key === '__proto__') return 'forbidden'
  if (key === 'constructor') return 'constructor'
  const plain = key.toLowerCase().replace(/[\s_.-]/g, '')
  if (authenticationKeys.has(plain)) return 'authentication'
  if (identifierKeys.has(plain) || (isTrait && traitIdentifierKeys.has(plain))) return 'identifier'
  return 'plain'
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

/** Whether a text is a payment card's number: a known prefix with its lengths, and the Luhn digit is right. */
export function isCardNumber(text: string): boolean {
  if (
    text.length < 15 ||
    text.length > 19 ||
    !/^(?:62\d{14,17}|4\d{15}|5[1-5]\d{14}|3[47]\d{13}|35\d{14})$/.test(text)
  )
    return false
  let sum = 0
  for (let index = text.length - 1, isDoubled = false; index >= 0; index -= 1, isDoubled = !isDoubled) {
    const digit = text.charCodeAt(index) - 48
    sum += isDoubled ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit
  }
  return sum % 10 === 0
}
