/** Workloads with one mistake each, as manifests. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { platform as catalogue } from "../../catalogue/platform";
import { checkWorkloads } from "../../cli/workloads/check";
import type { Finding, ReadObject } from "../../cli/workloads/model";
import { readManifests } from "../../cli/workloads/read";
import type { Platform } from "../../components/base/platform";
import { parseConfig, readStackFile } from "../../config/load";

const ROOT = join(__dirname, "..", "..");

function platformOf(services: object = {}, delivery: object = { enabled: false }): Platform {
    const entries = readStackFile("prod", ROOT);
    return {
        catalogue,
        config: parseConfig("test", { ...entries, delivery, workloads: { standIns: false, services } }),
    };
}

/** A Deployment of `alerts` as docs/tasks/add-a-service.md shows it, and the Service of its chart. */
export const GOOD = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: alerts, namespace: sparc }
spec:
  selector: { matchLabels: { app: alerts } }
  template:
    metadata: { labels: { app: alerts, sparc.dev/service: alerts } }
    spec:
      serviceAccountName: alerts
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: RuntimeDefault } }
      containers:
        - name: main
          image: alerts:1
          ports: [{ name: http, containerPort: 8080 }, { name: grpc, containerPort: 9090 }]
          readinessProbe: { httpGet: { path: /ready, port: 8080 } }
          lifecycle: { preStop: { sleep: { seconds: 5 } } }
          resources: { requests: { cpu: 100m, memory: 128Mi } }
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }
---
apiVersion: v1
kind: Service
metadata: { name: alerts-chart, namespace: sparc }
spec:
  selector: { app: alerts }
  ports: [{ name: web, port: 80, targetPort: http, appProtocol: http }]
`;

/** GOOD with one text replaced; fails if it is not there. */
export function changed(from: string, to: string): string {
    assert.ok(GOOD.includes(from), from);
    return GOOD.replace(from, to);
}

export function objects(text: string): ReadObject[] {
    return readManifests(["-"], () => text);
}

export function findings(
    text: string,
    services?: object,
    delivery?: object,
    service?: string,
): readonly Finding[] {
    return checkWorkloads(objects(text), platformOf(services, delivery), service).findings;
}

/** The checks that reported something, with their severity. */
export function reported(found: readonly Finding[]): string[] {
    return [...new Set(found.map(({ check, severity }) => `${check} ${severity}`))].sort();
}

export const JOB = `
apiVersion: batch/v1
kind: CronJob
metadata: { name: nightly, namespace: sparc }
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        metadata: { labels: { sparc.dev/service: alerts }, annotations: { sidecar.istio.io/nativeSidecar: "false" } }
        spec:
          securityContext: { runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }
          containers:
            - name: main
              image: nightly:1
              resources: { requests: { cpu: 100m, memory: 128Mi } }
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }
`;

const AUTOSCALER = `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: scale, namespace: sparc }
spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: alerts }, maxReplicas: 5 }
---
`;

export const REPLICAS = changed(
    "spec:\n  selector: { matchLabels",
    "spec:\n  replicas: 2\n  selector: { matchLabels",
);

/** What is wrong, the manifests, and the only check that reports it, with its severity. */
export const MISTAKES: readonly (readonly [what: string, text: string, expected: string])[] = [
    ["a missing label", changed(", sparc.dev/service: alerts", ""), "label error"],
    ["another account", changed("serviceAccountName: alerts", "serviceAccountName: robot"), "account error"],
    ["no account", changed("      serviceAccountName: alerts\n", ""), "account error"],
    [
        "injection turned off",
        changed(
            "sparc.dev/service: alerts }",
            'sparc.dev/service: alerts, sidecar.istio.io/inject: "false" }',
        ),
        "injection error",
    ],
    [
        "ports that bypass the sidecar",
        changed(
            "metadata: { labels: { app: alerts,",
            'metadata: { annotations: { traffic.sidecar.istio.io/excludeInboundPorts: "8080" }, labels: { app: alerts,',
        ),
        "bypass error",
    ],
    ["the sidecar's user", changed("runAsUser: 65532", "runAsUser: 1337"), "sidecar-user error"],
    [
        "the sidecar's group in a container",
        changed("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: false, runAsGroup: 1337"),
        "sidecar-user error",
    ],
    [
        "the host's network",
        changed("      containers:", "      hostNetwork: true\n      containers:"),
        "host-network error",
    ],
    ["a host port", changed("containerPort: 8080", "containerPort: 8080, hostPort: 8080"), "host-port error"],
    [
        "another port than the catalogue's",
        changed("{ name: grpc, containerPort: 9090 }", "{ name: grpc, containerPort: 9091 }"),
        "ports error",
    ],
    [
        "a port of the sidecar",
        changed("containerPort: 9090 }", "containerPort: 9090 }, { containerPort: 15020 }"),
        "sidecar-ports error",
    ],
    [
        "a privileged port",
        changed("containerPort: 9090 }", "containerPort: 9090 }, { containerPort: 80 }"),
        "privileged-ports warning",
    ],
    ["a Service's port without a protocol", changed(", appProtocol: http", ""), "service-ports error"],
    [
        "a Service's port of another protocol",
        changed("appProtocol: http", "appProtocol: grpc"),
        "service-ports error",
    ],
    ["a Service's unknown target", changed("targetPort: http", "targetPort: web"), "service-ports error"],
    [
        "no readiness probe",
        changed("          readinessProbe: { httpGet: { path: /ready, port: 8080 } }\n", ""),
        "readiness error",
    ],
    [
        "no pause before SIGTERM",
        changed("          lifecycle: { preStop: { sleep: { seconds: 5 } } }\n", ""),
        "drain warning",
    ],
    [
        "a grace period shorter than preStop",
        changed("      containers:", "      terminationGracePeriodSeconds: 5\n      containers:"),
        "drain error",
    ],
    ["replicas under an autoscaler", AUTOSCALER + REPLICAS, "replicas error"],
    [
        "no requests",
        changed("requests: { cpu: 100m, memory: 128Mi }", "limits: { cpu: 1 }"),
        "requests warning",
    ],
    ["root", changed("runAsUser: 65532", "runAsUser: 0"), "pod-security error"],
    ["no seccomp profile", changed(", seccompProfile: { type: RuntimeDefault }", ""), "pod-security error"],
    ["capabilities", changed("capabilities: { drop: [ALL] }", "privileged: true"), "pod-security error"],
    [
        "another namespace",
        changed("name: alerts, namespace: sparc", "name: alerts, namespace: shop"),
        "namespace error",
    ],
];
