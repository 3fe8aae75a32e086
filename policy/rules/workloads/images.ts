import { EXCEPTIONS_SCHEMA, type Exception, isExcepted, NO_EXCEPTIONS } from "../../core/exceptions";
import { textAt } from "../../core/read";
import { objectRule } from "../../core/rule";
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
    judges: WORKLOADS,
    defaults: { ...NO_EXCEPTIONS, digest: false },
    schema: { exceptions: EXCEPTIONS_SCHEMA, digest: { type: "boolean", description: "ask for digests" } },
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
                wrong: `${path}.image is ${image}, ${config.digest ? "without a digest" : tag === undefined ? "without a version" : "which means another image every day"}`,
                fix: config.digest ? "add @sha256:…" : "name a version or a digest.",
            };
        }
    },
});
