import { Access } from "./components/access/access";
import { CertManager } from "./components/cert-manager/cert-manager";
import { Certificates } from "./components/certificates/certificates";
import { CloudControllers } from "./components/cloud-controllers/cloud-controllers";
import { clusterOf } from "./components/cluster/cluster";
import { rejectRevisionsInUse } from "./components/cluster/revisions-in-use";
import { network as networkConcern } from "./components/concerns";
import { ControlPlane } from "./components/control-plane/control-plane";
import { Delivery } from "./components/delivery/delivery";
import { Edge } from "./components/edge/edge";
import { Egress } from "./components/egress/egress";
import { Gateways } from "./components/gateways/gateways";
import { Identity } from "./components/identity/identity";
import { platformFromEngine } from "./components/load";
import { MeshAuthority } from "./components/mesh-authority/mesh-authority";
import { Namespaces } from "./components/namespaces/namespaces";
import { Network } from "./components/network/network";
import { grafanaAdmin } from "./components/observability/grafana-admin";
import { Observability } from "./components/observability/observability";
import { Routing } from "./components/routing/routing";
import { Telemetry } from "./components/telemetry/telemetry";
import { Traffic } from "./components/traffic/traffic";
import { Workloads } from "./components/workloads/workloads";

const platform = platformFromEngine();
const cluster = clusterOf(platform);
const { provider } = cluster;
rejectRevisionsInUse(platform.config, cluster.access);

const namespaces = new Namespaces(platform, { provider });
// Before every pod, including EKS add-ons: in strict mode a pod that no NetworkPolicy selects cannot send anything.
const network = new Network(networkConcern, platform, { provider, after: [namespaces] });
const addOns = cluster.addOns([network]);
const first = { provider, after: [namespaces, network], dependsOn: addOns };
const cloudControllers = new CloudControllers(platform, first);
const certManager = new CertManager(platform, first);
const certificates = new Certificates(platform, { provider, after: [namespaces, network, certManager] });
const meshAuthority = new MeshAuthority(platform, { provider, after: [namespaces, network, certManager] });
const controlPlane = new ControlPlane(platform, { ...first, after: [...first.after, meshAuthority] });
const after = [namespaces, network, controlPlane];

// Policies come before the workloads that they protect, so that nothing is ever open in between.
const identity = new Identity(platform, { provider, after });
const access = new Access(platform, { provider, after });
const traffic = new Traffic(platform, { provider, after });
const edge = new Edge(platform, { provider, after: [...after, identity, access] });
const workloads = new Workloads(platform, { provider, after: [...after, identity, access, traffic] });
// A route waits for the pods of the versions that it names, and for no other service's.
const routing = new Routing(platform, { provider, after, nextTo: [traffic, workloads] });
const gateways = new Gateways(platform, {
    provider,
    nextTo: [workloads],
    // Their routes name the subsets that traffic's DestinationRules define.
    after: [...after, cloudControllers, certificates, identity, access, traffic, edge],
});
new Egress(platform, { provider, after: [...after, identity, access] });
new Telemetry(platform, { provider, after });
// Grafana does not start without this Secret, and its release waits for it.
const grafana = grafanaAdmin(platform, { provider, after: [namespaces] });
new Observability(platform, {
    provider,
    after: [...after, identity, access],
    dependsOn: grafana.resources,
});
new Delivery(platform, { provider, after: [...after, identity, access, traffic, workloads, routing] });

// Only the outputs that the stack has: Pulumi warns of each undefined one.
export = { ...cluster.publish(gateways.anchors), ...grafana.outputs };
