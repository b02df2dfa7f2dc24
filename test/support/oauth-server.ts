import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly jwk: object;
}

/** An authorization server as far as a resource server sees it: its keys, and tokens that it signs. */
export class OAuthServer {
  readonly issuer: string;
  /** How often its keys were asked for. */
  asked = 0;
  readonly #server: Server;
  #key: SigningKey;

  private constructor(server: Server, issuer: string, key: SigningKey) {
    this.#server = server;
    this.issuer = issuer;
    this.#key = key;
    server.on('request', (_request, response) => {
      this.asked += 1;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ keys: [this.#key.jwk] }));
    });
  }

  static async start(): Promise<OAuthServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return new OAuthServer(server, `http://127.0.0.1:${port}`, await newKey('k1'));
  }

  get jwksUri(): string {
    return `${this.issuer}/jwks`;
  }

  /** From now on it signs with another key. */
  async rotate(kid: string): Promise<void> {
    this.#key = await newKey(kid);
  }

  /** A token that holds for five minutes, with these claims over the usual ones. */
  token(audience: string, claims: JWTPayload = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const usual = { iss: this.issuer, aud: audience, sub: 'ann', scope: 'mcp:read mcp:logs', iat: now, exp: now + 300 };
    return new SignJWT({ ...usual, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: this.#key.kid })
      .sign(this.#key.privateKey);
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

async function newKey(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } };
}
