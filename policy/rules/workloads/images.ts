import { EXCEPTIONS_SCHEMA, type Exception, isExcepted, NO_EXCEPTIONS } from "../../core/exceptions";
import { chartName, valuesOf } from "../../core/charts";
import { at, fields, says, text, textAt } from "../../core/read";
import { type Finding, objectRule } from "../../core/rule";
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
    why: "what runs changes with no deployment, and differs between two pods of one workload",
    remedy: "Name a version that is never written again, best a digest: image@sha256:…",
    judges: [...WORKLOADS, ...CHARTS],
    defaults: { ...NO_EXCEPTIONS, digest: false },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        digest: {
            type: "boolean",
            description:
                "ask for digests, of containers and of images in charts' values; images that a chart names itself are judged where it can be templated",
        },
    },
    examples: {
        refused: `
apiVersion: v1
kind: Pod
metadata: { name: carts, namespace: shop }
spec: { containers: [{ name: carts, image: "registry.example.com:5000/carts:latest" }] }
`,
        accepted: `
apiVersion: v1
kind: Pod
metadata: { name: carts, namespace: shop }
spec: { containers: [{ name: carts, image: "registry.example.com:5000/carts:1.4.2" }] }
`,
    },
    *judge(subject, config) {
        if (isExcepted(config, subject)) return;
        if (CHARTS.includes(subject.id)) {
            yield* judgeValues(subject, config);
            return;
        }
        const containers = podsIn(subject).flatMap(containersOf);
        for (const { path, name, fields } of containers) {
            const image = textAt(fields, "image");
            // Istio's injector fills in `auto`; a patch, or a template of the injector, may name none.
            if (image === undefined || image.includes("@sha256:")) continue;
            if (image === "auto" && name === "istio-proxy") continue;
            const tag = /:([^/:]+)$/.exec(image)?.[1];
            if (!config.digest && tag !== undefined && tag !== "latest") continue;
            yield {
                subject,
                wrong: `${path}.image is ${image}, ${config.digest ? "without a digest" : tag === undefined ? "without a tag" : "and the image behind the tag latest changes"}`,
                fix: config.digest ? "add @sha256:…" : "name a version or a digest.",
            };
        }
    },
});

/** Images in a chart's values, whatever their shape: a text, or a repository with a tag. */
function* judgeValues(subject: Subject, { digest }: Config): Iterable<Finding> {
    for (const { path, key, value, parent } of valuesOf(subject)) {
        if (!/image$/i.test(key)) continue;
        const image = text(value) ?? joined(value);
        // A name alone is one that the chart completes by a registry and a tag.
        if (image === undefined || image === "" || image === "auto") continue;
        if (!/[/:]/.test(image) && !(digest && typeof value === "string")) continue;
        const isPinned = image.includes("@sha256:") || hasDigest(value) || hasDigest(parent);
        if (isPinned || (!digest && !image.endsWith(":latest"))) continue;
        yield {
            subject,
            wrong: `${path} is ${image}, ${digest ? "without a digest" : "and the image behind the tag latest changes"}`,
            fix: digest ? "add the digest, as the chart takes it." : "name a version or a digest.",
        };
    }
    if (!digest) return;
    for (const place of COMPLETED[chartName(subject)] ?? []) {
        if (textAt(subject.props, "values", ...place) !== undefined) continue;
        yield {
            subject,
            wrong: `values.${place.join(".")} is not set, so the chart names the image by its tag alone`,
            fix: "set it to the whole image with its digest.",
        };
    }
}

/** Where Istio's charts take an image as it is. The proxy's is of every pod that istiod injects, and of gateways. */
const COMPLETED: Readonly<Record<string, readonly (readonly string[])[]>> = {
    // istio-validation is of `proxy_init`'s image, too, where istio-cni replaces istio-init (files/injection-template.yaml of the chart).
    istiod: [["image"], ["global", "proxy", "image"], ["global", "proxy_init", "image"]],
    cni: [["image"]],
    ztunnel: [["image"]],
};

/** `repository:tag` of an object that has either. */
function joined(value: unknown): string | undefined {
    if (!says(at(value, "repository")) && !says(at(value, "tag"))) return undefined;
    return `${textAt(value, "repository") ?? ""}:${textAt(value, "tag") ?? ""}`;
}

/** Charts have a digest beside the tag under one of these names. */
function hasDigest(value: unknown): boolean {
    const { digest, sha } = fields(value);
    return [digest, sha].some((one) => /^(sha256:)?[0-9a-f]{64}$/.test(text(one) ?? ""));
}
