/** Images by digest: what runs is what somebody has checked, whatever a registry later serves under the tag. */
import { z } from "zod";

const DIGEST = "sha256:[0-9a-f]{64}";

/** A repository and a tag, without a digest. */
const TAGGED = "[a-z0-9][^\\s@]*:\\w[\\w.-]{0,127}";

/** An image with its tag, and its digest where it is known. */
export const imageReference = z
    .string()
    .regex(
        new RegExp(`^${TAGGED}(@${DIGEST})?$`),
        "must be an image with its tag, such as quay.io/prometheus/prometheus:v3.16.0, and may end in @sha256:<64 hex digits>",
    );

export const images = z.strictObject({
    digests: z
        .enum(["required", "optional"])
        .default("optional")
        .describe("whether a stack is refused in which an image that the program names has no digest"),
    pins: z
        .record(
            z
                .string()
                .regex(
                    new RegExp(`^${TAGGED}$`),
                    "must be an image with its tag, such as docker.io/istio/pilot:1.31.1",
                ),
            z
                .string()
                .regex(
                    new RegExp(`^${DIGEST}$`),
                    "must be a digest: sha256: and 64 hex digits in lower case",
                ),
        )
        .default({})
        .describe(
            "digests by image and tag, such as of `crane digest <image>`; the program adds them wherever it names the image, in charts' values too",
        ),
});
