import { EXCEPTIONS_SCHEMA, type Exception, isExcepted, NO_EXCEPTIONS } from "../../core/exceptions";
import { chartName, valuesOf } from "../../core/charts";
import { at, fields, isNonEmpty, text, textAt } from "../../core/read";
import { type Violation, objectRule } from "../../core/rule";
import { CHARTS, type Subject } from "../../core/subject";
import { containersOf, podsIn, WORKLOADS } from "../../core/workload";

interface Config {
    readonly exceptions: readonly Exception[];
    readonly digest: boolean;
}

export const images = objectRule<Config>({
    name: "workloads-images",
    area: "workloads",
    title: "Images are pinned",
    severity: "medium",
    why: "a changing image changes what runs without a deployment, and differs between pods of one workload",
    remediation: "Use a version tag that is never overwritten, or better a digest: image@sha256:…",
    appliesTo: [...WORKLOADS, ...CHARTS],
    defaults: { ...NO_EXCEPTIONS, digest: false },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        digest: {
            type: "boolean",
            description:
                "require digests, in containers and in images in a chart's values; images that a chart sets itself are evaluated if the chart can be rendered",
        },
    },
    examples: {
        noncompliant: `
apiVersion: v1
kind: Pod
metadata: { name: carts, namespace: shop }
spec: { containers: [{ name: carts, image: "registry.example.com:5000/carts:latest" }] }
`,
        compliant: `
apiVersion: v1
kind: Pod
metadata: { name: carts, namespace: shop }
spec: { containers: [{ name: carts, image: "registry.example.com:5000/carts:1.4.2" }] }
`,
    },
    *evaluate(subject, config) {
        if (isExcepted(config, subject)) return;
        if (CHARTS.includes(subject.id)) {
            yield* evaluateValues(subject, config);
            return;
        }
        const containers = podsIn(subject).flatMap(containersOf);
        for (const { path, name, fields } of containers) {
            const image = textAt(fields, "image");
            // Istio's injector replaces `auto`. A patch, or a template of the injector, may omit the image.
            if (image === undefined || image.includes("@sha256:")) continue;
            if (image === "auto" && name === "istio-proxy") continue;
            const tag = /:([^/:]+)$/.exec(image)?.[1];
            if (!config.digest && tag !== undefined && tag !== "latest") continue;
            yield {
                subject,
                problem: `${path}.image is ${image}, ${config.digest ? "without a digest" : tag === undefined ? "without a tag" : "with the mutable tag latest"}`,
                fix: config.digest ? "add @sha256:…" : "use a version tag or a digest.",
            };
        }
    },
});

/** Images in a chart's values, of any layout: a text, or a repository with a tag. */
function* evaluateValues(subject: Subject, { digest }: Config): Iterable<Violation> {
    for (const { path, key, value, parent } of valuesOf(subject)) {
        if (!/image$/i.test(key)) continue;
        const image = text(value) ?? joined(value);
        // The chart adds a registry and a tag to a bare name.
        if (image === undefined || image === "" || image === "auto") continue;
        if (!/[/:]/.test(image) && !(digest && typeof value === "string")) continue;
        const isPinned = image.includes("@sha256:") || hasDigest(value) || hasDigest(parent);
        if (isPinned || (!digest && !image.endsWith(":latest"))) continue;
        yield {
            subject,
            problem: `${path} is ${image}, ${digest ? "without a digest" : "with the mutable tag latest"}`,
            fix: digest ? "add the digest in the chart's format." : "use a version tag or a digest.",
        };
    }
    if (!digest) return;
    for (const place of FULL_IMAGE_VALUES[chartName(subject)] ?? []) {
        if (textAt(subject.props, "values", ...place) !== undefined) continue;
        yield {
            subject,
            problem: `values.${place.join(".")} is not set, so the chart uses an image without a digest`,
            fix: "set it to the full image reference with a digest.",
        };
    }
}

/**
 * Values of Istio's charts that set a full image reference. The proxy's is used for every injected pod and
 * for gateways.
 */
const FULL_IMAGE_VALUES: Readonly<Record<string, readonly (readonly string[])[]>> = {
    // istio-validation also uses the image of `proxy_init` where istio-cni replaces istio-init
    // (files/injection-template.yaml of the chart).
    istiod: [["image"], ["global", "proxy", "image"], ["global", "proxy_init", "image"]],
    cni: [["image"]],
    ztunnel: [["image"]],
};

/** `repository:tag` of an object that has at least one of them. */
function joined(value: unknown): string | undefined {
    if (!isNonEmpty(at(value, "repository")) && !isNonEmpty(at(value, "tag"))) return undefined;
    return `${textAt(value, "repository") ?? ""}:${textAt(value, "tag") ?? ""}`;
}

/** Field names for the digest in common charts. */
function hasDigest(value: unknown): boolean {
    const { digest, sha } = fields(value);
    return [digest, sha].some((one) => /^(sha256:)?[0-9a-f]{64}$/.test(text(one) ?? ""));
}
