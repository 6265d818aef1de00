// The same GET over and over on one kept FastCGI connection, with the parameters that nginx/fastcgi.conf gives:
//	node fcgi_ask.mjs SOCKET COUNT PATH [TOKEN]
// Fails at the first reply that is not 200. So that what is counted is one worker's work, and always the same.
import net from 'node:net'

const [socket, count, path, token] = process.argv.slice(2)
const BEGIN = 1, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6
const RESPONDER_KEPT = Buffer.from([0, 1, 1, 0, 0, 0, 0, 0])

function frame(type, body = Buffer.alloc(0)) {
  return Buffer.concat([Buffer.from([1, type, 0, 1, body.length >> 8, body.length & 255, 0, 0]), body])
}

function length(text) {
  const bytes = Buffer.byteLength(text)
  return bytes < 128 ? Buffer.from([bytes]) : Buffer.from([0x80, 0, bytes >> 8, bytes & 255])
}

function request() {
  const params = {
    REQUEST_METHOD: 'GET', PATH_INFO: path, QUERY_STRING: '', CONTENT_TYPE: '', CONTENT_LENGTH: '',
    REMOTE_ADDR: '127.0.0.1', REQUEST_ID: '0123456789abcdef0123456789abcdef', HTTP_PROXY: '',
    HTTP_HOST: '127.0.0.1:8080', HTTP_USER_AGENT: 'confab-bench/1', HTTP_ACCEPT: '*/*',
    ...(token ? { HTTP_AUTHORIZATION: `Bearer ${token}` } : {}),
  }
  const pairs = Object.entries(params).map(([name, value]) =>
    Buffer.concat([length(name), length(value), Buffer.from(name + value)]))
  return Buffer.concat([frame(BEGIN, RESPONDER_KEPT), frame(PARAMS, Buffer.concat(pairs)), frame(PARAMS),
    frame(STDIN)])
}

const bytes = request()
const connection = net.connect(socket, () => connection.write(bytes))
let rest = Buffer.alloc(0), reply = Buffer.alloc(0), left = Number(count)

function answered() {
  if (!reply.toString('latin1').startsWith('Status: 200 ')) {
    console.error(reply.toString())
    process.exit(1)
  }
  reply = Buffer.alloc(0)
  if (--left === 0) connection.end()
  else connection.write(bytes)
}

connection.on('data', (data) => {
  rest = Buffer.concat([rest, data])
  for (;;) {
    const size = rest.length < 8 ? Infinity : 8 + rest.readUInt16BE(4) + rest[6]
    if (rest.length < size) break
    if (rest[1] === STDOUT) reply = Buffer.concat([reply, rest.subarray(8, 8 + rest.readUInt16BE(4))])
    if (rest[1] === END) answered()
    rest = rest.subarray(size)
  }
})
connection.on('close', () => process.exit(left === 0 ? 0 : 1))
