import assert from "node:assert/strict";
import { ISTIO_SERIES } from "../../../components/observability/istio-series";
import { scrapeJobs } from "../../../components/observability/scrape";
import { type Labels, relabelled } from "./relabel";

const TOTAL = "envoy_istio_requests_total";

function istio(labels: Labels): Labels {
    const { __name__, ...rest } = relabelled({ __name__: TOTAL, ...labels }, ISTIO_SERIES) ?? assert.fail();
    assert.equal(__name__, "istio_requests_total");
    return rest;
}

describe("relabeling of stock Envoy's metrics", () => {
    it("names the caller by its identity at the callee", () => {
        const counted = istio({
            reporter: "destination",
            downstream_peer: "spiffe://cluster.local/ns/sparc/sa/auth",
            destination_workload: "alerts-primary",
            destination_service_name: "alerts",
            destination_service_namespace: "sparc",
        });
        assert.deepEqual(counted, {
            reporter: "destination",
            source_workload: "auth",
            source_workload_namespace: "sparc",
            destination_workload: "alerts-primary",
            destination_service: "alerts.sparc.svc.cluster.local",
            destination_service_name: "alerts",
            destination_service_namespace: "sparc",
        });
    });

    it("reports a caller without an identity as unknown", () => {
        const { source_workload, source_workload_namespace } = istio({
            reporter: "destination",
            downstream_peer: "",
        });
        assert.deepEqual([source_workload, source_workload_namespace], ["unknown", "unknown"]);
    });

    const atCaller = (upstream_cluster: string, upstream_workload: string): Labels => {
        const { reporter, ...rest } = istio({ reporter: "source", upstream_cluster, upstream_workload });
        assert.equal(reporter, "source");
        return Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith("upstream_")));
    };

    it("separates the counters of two ports and two versions of a service", () => {
        const [cluster, workload] = [
            "outbound|8080||alerts.sparc.svc.cluster.local",
            "alerts;sparc;alerts;v1;x",
        ];
        const counters = [
            [cluster, workload],
            [cluster.replace("8080", "8443"), workload],
            [cluster.replace("||", "|v2|"), workload],
            [cluster, workload.replace("v1", "v2")],
        ].map(([upstream_cluster = "", upstream_workload = ""]) =>
            JSON.stringify(istio({ reporter: "source", upstream_cluster, upstream_workload })),
        );
        assert.equal(new Set(counters).size, counters.length);
    });

    it("names the service by the cluster, and the workload by the endpoint, at the caller", () => {
        assert.deepEqual(
            atCaller(
                "outbound|8080|v2|alerts-canary.sparc.svc.cluster.local",
                "alerts;sparc;alerts;v2;Kubernetes",
            ),
            {
                destination_workload: "alerts",
                destination_workload_namespace: "sparc",
                destination_service: "alerts-canary.sparc.svc.cluster.local",
                destination_service_name: "alerts-canary",
                destination_service_namespace: "sparc",
            },
        );
    });

    it("names the service of a call that reached no pod", () => {
        assert.deepEqual(atCaller("outbound|8080||alerts.sparc.svc.cluster.local", ""), {
            destination_workload: "unknown",
            destination_workload_namespace: "unknown",
            destination_service: "alerts.sparc.svc.cluster.local",
            destination_service_name: "alerts",
            destination_service_namespace: "sparc",
        });
    });

    it("names external services by host, and unknown hosts by Envoy's cluster", () => {
        for (const [cluster, name] of [
            ["outbound|443||api.example.com", "api.example.com"],
            ["BlackHoleCluster", "BlackHoleCluster"],
            ["", "unknown"],
        ] as const)
            assert.deepEqual(atCaller(cluster, ""), {
                destination_workload: "unknown",
                destination_workload_namespace: "unknown",
                destination_service: name,
                destination_service_name: name,
                destination_service_namespace: "unknown",
            });
    });
});

describe("series that Prometheus keeps of a proxy", () => {
    const steps = scrapeJobs()[0]?.metric_relabel_configs ?? [];
    const kept = (__name__: string) => relabelled({ __name__ }, steps)?.["__name__"];

    it("are those that are queried, with Istio's names, from Envoy's or Istio's metrics", () => {
        assert.equal(kept(TOTAL), "istio_requests_total");
        assert.equal(kept("istio_requests_total"), "istio_requests_total");
        const bucket = "istio_request_duration_milliseconds_bucket";
        assert.equal(kept(`envoy_${bucket}`), bucket);
        assert.equal(kept("standin_requests_total"), "standin_requests_total");
        assert.equal(kept("go_goroutines"), undefined);
        assert.equal(kept("envoy_cluster_upstream_rq_total"), undefined);
    });

    it("keep the labels of Istio's stats filter", () => {
        const labels = {
            __name__: "istio_requests_total",
            reporter: "source",
            source_workload: "auth",
            destination_workload: "alerts",
            destination_workload_namespace: "sparc",
            destination_service: "alerts.sparc.svc.cluster.local",
            destination_service_name: "alerts",
            destination_service_namespace: "sparc",
        };
        assert.deepEqual(relabelled(labels, steps), labels);
    });
});
