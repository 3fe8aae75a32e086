/** Images by digest: in containers of every kind, and in charts' values of every shape. */
import { itAccepts, itRejects } from "./assertions";

const DIGEST = `sha256:${"ab".repeat(32)}`;
const config = { digest: true };
const pod = (spec: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: carts, namespace: shop }
spec: { template: { spec: { ${spec} } } }
`;
const release = (chart: string, values: string): string => `
type: kubernetes:helm.sh/v3:Release
name: release
properties: { name: release, namespace: shop, chart: "${chart}", values: { ${values} } }
`;
const PINNED = `registry.example.com/carts:1.4.2@${DIGEST}`;
const istiod = (image: string, proxy: string, init = `proxy_init: { image: "${PINNED}" }`): string =>
    release(
        "oci://ghcr.io/istio/release/charts/istiod",
        `image: "${image}", cni: { enabled: true }, global: { proxy: { image: "${proxy}" }, ${init} }`,
    );

describe("images by digest", () => {
    itAccepts("workloads-images", [
        {
            what: "containers and init containers with digests",
            yaml: pod(
                `initContainers: [{ name: a, image: "${PINNED}" }], containers: [{ name: b, image: "${PINNED}" }]`,
            ),
            config,
        },
        {
            what: "tags where digests are not required",
            yaml: release("web", `image: { repository: web, tag: "1.0.0" }`),
        },
        {
            what: "a digest next to the tag",
            yaml: release("web", `image: { repository: web, tag: "1", digest: "${DIGEST}" }`),
            config,
        },
        {
            what: "a digest of another name, without its kind",
            yaml: release("web", `image: { tag: "1", sha: "${"ab".repeat(32)}" }`),
            config,
        },
        {
            what: "a digest behind the tag",
            yaml: release("web", `image: { repository: web, tag: "1@${DIGEST}" }`),
            config,
        },
        { what: "a whole image", yaml: release("web", `worker: { image: "${PINNED}" }`), config },
        {
            what: "a ztunnel",
            yaml: release("oci://ghcr.io/istio/release/charts/ztunnel", `image: "${PINNED}"`),
            config,
        },
        {
            what: "a digest next to a name alone",
            yaml: release("web", `image: web, tag: "1", digest: "${DIGEST}"`),
            config,
        },
        { what: "an image that Istio's injector fills in", yaml: release("web", `image: auto`), config },
        { what: "names alone where digests are not required", yaml: release("web", `image: web`) },
        { what: "a chart that sets no image", yaml: release("web", `image: { pullPolicy: Always }`), config },
        { what: "istiod and its proxies", yaml: istiod(PINNED, PINNED), config },
    ]);
    itRejects("workloads-images", [
        {
            what: "a container by tag",
            yaml: pod(`containers: [{ name: b, image: "carts:1.4.2" }]`),
            config,
            names: /without a digest/,
        },
        {
            what: "an init container by tag",
            yaml: pod(
                `initContainers: [{ name: a, image: "init:1" }], containers: [{ name: b, image: "${PINNED}" }]`,
            ),
            config,
            names: /initContainers\[0\]/,
        },
        {
            what: "a tag in a chart's values",
            yaml: release("web", `image: { repository: web, tag: "1.0.0" }`),
            config,
            names: /values\.image is web:1\.0\.0/,
        },
        {
            what: "a tag deep in a chart's values",
            yaml: release("web", `jobs: [{ initImage: "x.example.com/init:1" }]`),
            config,
            names: /values\.jobs\[0\]\.initImage/,
        },
        {
            what: "half a digest",
            yaml: release("web", `image: { repository: web, tag: "1", digest: "sha256:ab" }`),
            config,
        },
        {
            what: "a chart's latest, even if digests are not required",
            yaml: release("web", `image: { repository: web, tag: latest }`),
        },
        {
            what: "an istiod whose chart completes the images",
            yaml: release("oci://ghcr.io/istio/release/charts/istiod", `global: { tag: "1.31.1" }`),
            config,
            names: /values\.image is not set[^]*values\.global\.proxy\.image is not set/,
        },
        {
            what: "an istiod whose proxies have a tag alone",
            yaml: istiod(PINNED, "docker.io/istio/proxyv2:1.31.1"),
            config,
            names: /global\.proxy\.image/,
        },
        {
            what: "an istiod by its name alone, to which the chart adds a tag",
            yaml: istiod("pilot", PINNED),
            config,
            names: /values\.image is pilot, without a digest/,
        },
        {
            what: "proxies by their name alone",
            yaml: istiod(PINNED, "proxyv2"),
            config,
            names: /values\.global\.proxy\.image is proxyv2, without a digest/,
        },
        {
            what: "an image of init containers that the chart completes",
            yaml: istiod(PINNED, PINNED, ""),
            config,
            names: /values\.global\.proxy_init\.image is not set/,
        },
        {
            what: "an image of init containers by its name alone",
            yaml: istiod(PINNED, PINNED, "proxy_init: { image: proxyv2 }"),
            config,
            names: /proxy_init\.image is proxyv2/,
        },
        {
            what: "a ztunnel without an image",
            yaml: release("oci://ghcr.io/istio/release/charts/ztunnel", `tag: "1.31.1"`),
            config,
            names: /values\.image is not set/,
        },
        {
            what: "istio-cni without an image",
            yaml: release("oci://ghcr.io/istio/release/charts/cni", `global: { tag: "1.31.1" }`),
            config,
        },
    ]);
});
