import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { absenceOf } from './server-process.js';

/** Why no certificate can be made here; null where one can. */
export const CERTIFICATE_ABSENT = absenceOf('openssl');

/** A certificate of `localhost` that signs itself: nobody trusts it who was not told to. */
export class Certificate {
  private constructor(private readonly directory: string) {}

  static make(): Certificate {
    const certificate = new Certificate(mkdtempSync(join(tmpdir(), 'certificate-')));
    const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const files = ['-keyout', certificate.key, '-out', certificate.file];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...name, ...files], {
      stdio: 'ignore',
    });
    chmodSync(certificate.key, 0o600);
    return certificate;
  }

  /** The file of the certificate, in PEM. */
  get file(): string {
    return join(this.directory, 'certificate.pem');
  }

  /** The file of its private key, in PEM. */
  get key(): string {
    return join(this.directory, 'key.pem');
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
