/** Databases and brokers. */
import { z } from "zod";
import { ports, tcpPort } from "./ports";
import { count, prose } from "./text";

export const store = z
    .strictObject({
        summary: prose.describe("What it stores, in one sentence."),
        ports: ports(tcpPort).describe("The ports, by name; at least one. TCP only."),
        maxConnections: count
            .exactOptional()
            .describe("The maximum number of connections from one replica of a caller. Default: 100."),
    })
    .meta({ id: "Store", description: "A database or broker in the stores' namespace." });
