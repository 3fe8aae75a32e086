import assert from "node:assert/strict";
import { join } from "node:path";
import { parse } from "yaml";
import type { Exposure } from "../../../catalogue/model";
import { platform as catalogue } from "../../../catalogue/platform";
import type {
    ConfigMapManifest,
    DeploymentManifest,
    EnvoyFilterManifest,
    PodDisruptionBudgetManifest,
} from "../../../components/base/manifest";
import { deriveAll } from "../../../components/concerns";
import { loadStackFile } from "../../../config/load";
import { config, withEdge, objectsOf } from "../../support/edge";

const ROOT = join(__dirname, "..", "..", "..");

describe("rate limits by plan", () => {
    it("are the catalogue's, with the default plan's for all other tenants", () => {
        const file = objectsOf().find(({ kind }) => kind === "ConfigMap") as ConfigMapManifest;
        const { descriptors } = parse(file.data?.["edge.yaml"] ?? "") as {
            descriptors: {
                key: string;
                value?: string;
                rate_limit?: { requests_per_unit: number };
                descriptors?: { key: string; rate_limit: { requests_per_unit: number } }[];
            }[];
        };
        const limits = (value: string | undefined) =>
            descriptors
                .find((one) => one.key === "plan" && one.value === value)
                ?.descriptors?.map(({ key, rate_limit }) => `${key} ${rate_limit.requests_per_unit}`);
        assert.deepEqual(limits("enterprise"), ["tenant 60000", "client 3000"]);
        assert.deepEqual(limits(undefined), ["tenant 600", "client 120"]);
        assert.equal(descriptors.find(({ key }) => key === "tenant")?.rate_limit?.requests_per_unit, 600);
    });

    it("do not exist if the stack disables them, or the catalogue has none", () => {
        const off = { config: withEdge({ rateLimit: { ...config.edge.rateLimit, enabled: false } }) };
        const planless = { ...catalogue, plans: {} };
        for (const platform of [off, { catalogue: planless }]) {
            const left = objectsOf(platform).filter(({ metadata }) =>
                /ratelimit|plan-limits/.test(metadata.name),
            );
            assert.deepEqual(left, []);
        }
        assert.equal(
            objectsOf().filter(({ metadata }) => metadata.name.includes("ratelimit")).length > 8,
            true,
        );
    });
});

describe("the rate limiter", () => {
    const workload = (replicas: number, name: string) => {
        const rateLimit = { ...config.edge.rateLimit, replicas };
        const all = objectsOf({ config: withEdge({ rateLimit }) }).filter(
            ({ metadata }) => metadata.name === name,
        );
        const deployment = all.find(({ kind }) => kind === "Deployment") as DeploymentManifest;
        const budget = all.find(({ kind }) => kind === "PodDisruptionBudget");
        return { pod: deployment.spec?.template.spec, labels: deployment.spec?.template.metadata, budget };
    };

    it("is spread over zones and nodes, and loses one pod at a time", () => {
        const { pod, labels, budget } = workload(2, "ratelimit");
        const spread = pod?.topologySpreadConstraints ?? [];
        assert.deepEqual(
            spread.map(({ topologyKey }) => topologyKey),
            ["topology.kubernetes.io/zone", "kubernetes.io/hostname"],
        );
        const selectors = [
            ...spread.map(({ labelSelector }) => labelSelector?.matchLabels),
            (budget as PodDisruptionBudgetManifest).spec?.selector?.matchLabels,
        ];
        for (const selector of selectors) {
            assert.ok(Object.keys(selector ?? {}).length > 0);
            for (const [key, value] of Object.entries(selector ?? {}))
                assert.equal(labels?.labels?.[key], value);
        }
        const { maxUnavailable, unhealthyPodEvictionPolicy } =
            (budget as PodDisruptionBudgetManifest).spec ?? {};
        assert.deepEqual([maxUnavailable, unhealthyPodEvictionPolicy], [1, "AlwaysAllow"]);
    });

    it("blocks no drain with a single replica", () => {
        assert.equal(workload(1, "ratelimit").budget, undefined);
        assert.equal(workload(2, "ratelimit-redis").budget, undefined);
    });

    it("is restarted, like its Redis, if it stops answering", () => {
        for (const name of ["ratelimit", "ratelimit-redis"])
            for (const { livenessProbe, readinessProbe } of workload(2, name).pod?.containers ?? []) {
                assert.ok(livenessProbe !== undefined && readinessProbe !== undefined, name);
                assert.ok((livenessProbe.periodSeconds ?? 0) > (readinessProbe.periodSeconds ?? 0), name);
            }
    });
});

describe("clusters that only EnvoyFilters reference", () => {
    for (const stack of ["local", "dev", "prod"]) {
        it(`are referenced by an extension provider, so that istiod keeps them: ${stack}`, () => {
            const { objects, releases } = deriveAll({ catalogue, config: loadStackFile(stack, ROOT) });
            const filters = objects.filter(({ kind }) => kind === "EnvoyFilter");
            const referred = [
                ...new Set(
                    [...JSON.stringify(filters).matchAll(/"cluster_name":"outbound\|(\d+)\|\|([^"]+)"/g)].map(
                        ([, port, host]) => `${host}:${port}`,
                    ),
                ),
            ];
            assert.deepEqual(referred, ["ratelimit.istio-ingress.svc.cluster.local:9090"]);
            for (const { values } of releases.filter(({ name }) => name.startsWith("istiod"))) {
                const { extensionProviders } = values["meshConfig"] as {
                    extensionProviders: readonly Readonly<
                        Record<string, { readonly service?: string; readonly port?: number }>
                    >[];
                };
                const provided = extensionProviders.flatMap((one) =>
                    Object.values(one).map(
                        ({ service = "", port }) => `${service.replace(/^.*\//, "")}:${port}`,
                    ),
                );
                assert.deepEqual(
                    referred.filter((one) => !provided.includes(one)),
                    [],
                );
            }
        });
    }
});

describe("rate limits of hosts", () => {
    it("are sent in headers to clients that get no headers of a plan's limit", () => {
        const filter = objectsOf().find(
            ({ kind, metadata }) => kind === "EnvoyFilter" && metadata.name === "public-limits",
        ) as EnvoyFilterManifest;
        const limitedHosts = (filter.spec.configPatches ?? []).flatMap(({ match, patch }) => {
            const host = match?.routeConfiguration?.vhost?.route?.name;
            const sendsHeaders = JSON.stringify(patch).includes("enable_x_ratelimit_headers");
            return host === undefined ? [] : [`${host} ${sendsHeaders}`];
        });
        assert.deepEqual(limitedHosts, ["api false", "auth true", "hooks true"]);
    });

    it("refill as many tokens as requests are allowed per interval", () => {
        const limited = (rateLimit: Exposure["rateLimit"]) => {
            const auth = catalogue.services["auth"]!;
            const exposures = auth.exposures!.map((one) => ({
                ...one,
                ...(one.host === "auth" && { rateLimit: rateLimit! }),
            }));
            const services = { ...catalogue.services, auth: { ...auth, exposures } };
            const filter = objectsOf({ catalogue: { ...catalogue, services } }).find(
                ({ kind, metadata }) => kind === "EnvoyFilter" && metadata.name === "public-limits",
            ) as EnvoyFilterManifest;
            return JSON.stringify(
                filter.spec.configPatches?.find(
                    ({ match }) => match?.routeConfiguration?.vhost?.route?.name === "auth",
                ),
            );
        };
        assert.match(
            limited({ requests: 30, per: "minute" }),
            /"token_bucket":\{"max_tokens":30,"tokens_per_fill":30,"fill_interval":"60s"\}/,
        );
    });
});
