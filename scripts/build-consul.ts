/** Builds the Consul of the tests of `mesh inventory consul` into the toolchain's cache. */
import { terminalProgress } from "../local/lib/progress";
import { ensureConsul } from "../local/toolchain/consul";

async function main(): Promise<void> {
    process.stdout.write(`${await ensureConsul(terminalProgress())}\n`);
}

void main();
