// Reads {documents: {url: document}, credentials: {name: credential}, now} from stdin, and says which credentials
// Digital Bazaar's libraries accept, each with its status lists. Nothing is fetched but what it was given.
import {text} from "node:stream/consumers";
import {DataIntegrityProof} from "@digitalbazaar/data-integrity";
import {cryptosuite} from "@digitalbazaar/eddsa-rdfc-2022-cryptosuite";
import {defaultDocumentLoader, verifyCredential} from "@digitalbazaar/vc";
import {checkStatus} from "@digitalbazaar/vc-bitstring-status-list";

const {documents, credentials, now} = JSON.parse(await text(process.stdin));

async function documentLoader(url) {
  const [address, fragment] = url.split("#");
  if (!(address in documents)) return defaultDocumentLoader(url);
  const whole = documents[address];
  const method = fragment && whole.verificationMethod.find(each => each.id === url);
  if (fragment && !method) throw new Error(`${url} is not in ${address}`);
  const document = method ? {"@context": "https://w3id.org/security/multikey/v1", ...method} : whole;
  return {contextUrl: null, documentUrl: url, document};
}

const suite = new DataIntegrityProof({cryptosuite});
const verdicts = {};
for (const [name, credential] of Object.entries(credentials)) {
  const moment = now ? new Date(now) : undefined;
  const told = await verifyCredential({credential, suite, documentLoader, checkStatus, now: moment});
  const statuses = told.statusResult?.results ?? [];
  verdicts[name] = {
    verified: told.verified,
    set: statuses.filter(each => each.status).map(each => each.credentialStatus.statusPurpose),
    why: told.verified ? "" : `${told.error?.message} ${JSON.stringify(told.error?.errors)}`,
  };
}
console.log(JSON.stringify(verdicts));
