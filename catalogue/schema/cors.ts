/** What pages of other origins may do at an exposure. */
import { z } from "zod";
import { METHODS } from "../methods";
import { text } from "./text";

/**
 * A token (RFC 9110, section 5.6.2) in lower case, as HTTP/2 has names. `*` alone is one too, which Fetch does not read as a name.
 * `%` is left out: Envoy's `local_reply_config` reads `%…%` as a command operator and refuses the listener of an unknown one
 * ("Custom request/response headers", Envoy's documentation of HTTP headers).
 */
const exposedHeader = text(
    /^(?!\*$)[!#$&'*+.^_`|~0-9a-z-]+$/,
    "the name of a header in lower case and without %",
    "Write each header by its name, such as x-next-page. * would not stand for authorization, and with credentials for nothing.",
);

const header = text(
    /^(?!\*$)[!#$&'*+.^`|~0-9a-z-]+$/,
    "the name of a header in lower case and without _ or %",
    "Write each header by its name, such as idempotency-key. The gateways drop names with _, and * would not stand for authorization.",
);

export const cors = z
    .strictObject({
        methods: z
            .array(z.enum(METHODS))
            .exactOptional()
            .describe("The methods that a page can use. Default: those of the exposure's requests."),
        headers: z
            .array(header)
            .exactOptional()
            .describe(
                "Request headers that a page can set, besides authorization, content-type and the stack's `edge.cors.headers`. Default: none.",
            ),
        exposedHeaders: z
            .array(exposedHeader)
            .exactOptional()
            .describe(
                "Response headers that a page can read, besides those of rate limits, retry-after, www-authenticate and the stack's `edge.cors.exposedHeaders`. Default: none.",
            ),
        maxAge: text<`${number}${"s" | "m" | "h"}`>(
            /^\d+[smh]$/,
            "a time in seconds, minutes or hours",
            "Write it like 10m or 1h.",
        )
            .exactOptional()
            .describe(
                "How long a browser keeps the answer to a preflight. Default: the stack's `edge.cors.maxAge`.",
            ),
        credentials: z
            .boolean()
            .exactOptional()
            .describe(
                "Whether browsers can send cookies and client certificates. Default: the stack's `edge.cors.credentials`.",
            ),
    })
    .meta({
        id: "Cors",
        description: "What pages of the stack's `edge.corsOrigins` can do at one exposure.",
    });
