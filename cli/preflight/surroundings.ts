import { resolveNs } from "node:dns/promises";
import { connect as open } from "node:net";
import { CommandError, run } from "../../local/process";
import type { Surroundings } from "./model";

/** Milliseconds for an API server to take a connection. */
const PATIENCE = 5000;

/** This machine's `aws`, its DNS, and its network. */
export const surroundings: Surroundings = {
    aws: async (...args) => {
        try {
            return JSON.parse(await run("aws", [...args, "--output", "json"])) as unknown;
        } catch (error) {
            if (error instanceof CommandError && error.stderr !== "") throw new Error(error.stderr);
            throw error;
        }
    },
    nameServers: async (domain) => {
        try {
            return await resolveNs(domain);
        } catch (error) {
            // A machine without DNS knows nothing; that is not a domain without delegation.
            if (["ENOTFOUND", "ENODATA"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
            throw error;
        }
    },
    connect: (host, port) =>
        new Promise((resolve, reject) => {
            const socket = open({ host, port, timeout: PATIENCE });
            socket.once("connect", () => {
                socket.destroy();
                resolve();
            });
            socket.once("timeout", () => {
                socket.destroy();
                reject(new Error(`ETIMEDOUT after ${PATIENCE} ms`));
            });
            socket.once("error", reject);
        }),
};
