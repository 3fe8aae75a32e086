/** Images pinned by digest: what runs is what was reviewed, even if the registry moves the tag. */
import { z } from "zod";

const DIGEST = "sha256:[0-9a-f]{64}";

/** A repository and a tag, without a digest. */
const TAGGED = "[a-z0-9][^\\s@]*:\\w[\\w.-]{0,127}";

/** An image with its tag, and optionally its digest. */
export const imageReference = z
    .string()
    .regex(
        new RegExp(`^${TAGGED}(@${DIGEST})?$`),
        "must be an image with its tag, such as quay.io/prometheus/prometheus:v3.16.0, and may end in @sha256:<64 hex digits>",
    );

/** A registry, and optionally a path in it. */
const MIRROR = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/;

/** Where images can be copied to: `mesh images --mirror` takes the same. */
export const mirror = z
    .string()
    .regex(
        MIRROR,
        "must be a registry and optionally a path, such as 111122223333.dkr.ecr.eu-central-1.amazonaws.com/docker-hub",
    );

export const images = z.strictObject({
    digests: z
        .enum(["required", "optional"])
        .default("optional")
        .describe("Whether a stack is rejected if one of the program's images has no digest."),
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
            "Digests by image and tag, as `crane digest <image>` prints them. The program adds them to every reference to the image, in Helm values too.",
        ),
    mirrors: z
        .record(
            z
                .string()
                .regex(
                    /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/,
                    "must be a registry, such as docker.io",
                ),
            mirror,
        )
        .default({})
        .describe(
            "Mirrors or pull-through caches, by the registry that they replace in the names of all images that the program names.",
        ),
});
