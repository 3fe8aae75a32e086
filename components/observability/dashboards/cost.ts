import { type Board, bars, lines, number, query } from "./model";
import { rate } from "./queries";

export const COST: Board = {
    uid: "sparc-cost",
    title: "Mesh: resource usage",
    rows: [
        {
            title: "Sidecars and gateways",
            panels: [
                number(
                    "CPU",
                    "short",
                    'sum(rate(container_cpu_usage_seconds_total{container="istio-proxy"}[$window]))',
                ),
                number("Memory", "bytes", 'sum(container_memory_working_set_bytes{container="istio-proxy"})'),
                number(
                    "CPU per 1,000 requests per second",
                    "short",
                    `1000 * sum(rate(container_cpu_usage_seconds_total{container="istio-proxy"}[$window])) / sum(${rate('reporter="destination"')})`,
                ),
                number(
                    "Time series of proxies",
                    "short",
                    'sum(scrape_samples_post_metric_relabeling{job="mesh-proxies"})',
                ),
                bars(
                    "CPU by pod",
                    "short",
                    'topk(15, sum by (pod) (rate(container_cpu_usage_seconds_total{container="istio-proxy"}[$window])))',
                    "{{pod}}",
                ),
                bars(
                    "Memory by pod",
                    "bytes",
                    'topk(15, sum by (pod) (container_memory_working_set_bytes{container="istio-proxy"}))',
                    "{{pod}}",
                ),
                lines(
                    "CPU (% of limit)",
                    "percentunit",
                    query(
                        'sum by (pod) (rate(container_cpu_usage_seconds_total{container="istio-proxy"}[$window])) / on (pod) (max by (pod) (container_spec_cpu_quota{container="istio-proxy"}) / max by (pod) (container_spec_cpu_period{container="istio-proxy"}))',
                        "{{pod}}",
                    ),
                ),
                lines(
                    "Memory (% of limit)",
                    "percentunit",
                    query(
                        'max by (pod) (container_memory_working_set_bytes{container="istio-proxy"}) / on (pod) max by (pod) (container_spec_memory_limit_bytes{container="istio-proxy"})',
                        "{{pod}}",
                    ),
                ),
            ],
        },
        {
            title: "Control plane",
            panels: [
                lines(
                    "CPU",
                    "short",
                    query(
                        'sum by (pod) (rate(container_cpu_usage_seconds_total{container="discovery"}[$window]))',
                        "{{pod}}",
                    ),
                ),
                lines(
                    "Memory",
                    "bytes",
                    query(
                        'sum by (pod) (container_memory_working_set_bytes{container="discovery"})',
                        "{{pod}}",
                    ),
                ),
            ],
        },
    ],
};
