/** CORS: what pages of other origins can do at an exposure. */
import { z } from "zod";
import { METHODS } from "../methods";
import { text } from "./text";

/**
 * A token (RFC 9110, section 5.6.2) in lower case, as in HTTP/2. `*` alone is excluded: Fetch does not treat it as a name.
 * `%` is excluded: Envoy's `local_reply_config` reads `%…%` as a command operator and rejects the listener if it is unknown
 * ("Custom request/response headers" in Envoy's documentation of HTTP headers).
 */
const exposedHeader = text(
    /^(?!\*$)[!#$&'*+.^_`|~0-9a-z-]+$/,
    "a header name in lower case without %",
    "List each header by name, such as x-next-page. A wildcard does not include authorization, and matches nothing with credentials.",
);

const header = text(
    /^(?!\*$)[!#$&'*+.^`|~0-9a-z-]+$/,
    "a header name in lower case without _ or %",
    "List each header by name, such as idempotency-key. The gateways drop names with _, and a wildcard does not include authorization.",
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
                "Request headers that a page can set, in addition to authorization, content-type and the stack's `edge.cors.headers`. Default: none.",
            ),
        exposedHeaders: z
            .array(exposedHeader)
            .exactOptional()
            .describe(
                "Response headers that a page can read, in addition to the rate limit headers, retry-after, www-authenticate and the stack's `edge.cors.exposedHeaders`. Default: none.",
            ),
        maxAge: text<`${number}${"s" | "m" | "h"}`>(
            /^\d+[smh]$/,
            "a duration in seconds, minutes or hours",
            "Write it like 10m or 1h.",
        )
            .exactOptional()
            .describe(
                "How long a browser caches the response to a preflight. Default: the stack's `edge.cors.maxAge`.",
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
