/** Databases and brokers. */
import { z } from "zod";
import { ports, tcpPort } from "./ports";
import { count, prose } from "./text";

export const store = z
    .strictObject({
        summary: prose.describe("What it holds, in one sentence."),
        ports: ports(tcpPort).describe("By name; at least one. TCP only."),
        connections: count
            .exactOptional()
            .describe("The maximum number of connections of one replica of a caller. Default: 100."),
    })
    .meta({ id: "Store", description: "A database or broker in the stores' namespace." });
