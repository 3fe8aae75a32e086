/** Every policy of the pack, in the order of the docs. */
import { type PolicyDefinition } from "../core/rule";
import { allowIdentity } from "./access/allow-identity";
import { allowScope } from "./access/allow-scope";
import { calleeHosts } from "./access/callee-hosts";
import { denyAll } from "./access/deny-all";
import { denyPorts } from "./access/deny-ports";
import { everyRevision } from "./access/every-revision";
import { exposedHosts } from "./access/exposed-hosts";
import { gatewayHosts } from "./access/gateway-hosts";
import { identityHeaders } from "./access/identity-headers";
import { noDryRun } from "./access/no-dry-run";
import { noPatches } from "./access/no-patches";
import { oneWorkload } from "./access/one-workload";
import { stableSelector } from "./access/stable-selector";
import { tokens } from "./access/tokens";
import { CLUSTER_RULES } from "./cluster";
import { CLOSED_RULES } from "./closed";
import { analysis } from "./delivery/analysis";
import { manualApproval } from "./delivery/manual-approval";
import { noRouteConflicts } from "./delivery/no-route-conflicts";
import { routeDestinations } from "./delivery/route-destinations";
import { externalProviders } from "./delivery/external-providers";
import { exportTo } from "./egress/export-to";
import { externalTls } from "./egress/external-tls";
import { noExternalEndpoints } from "./egress/no-external-endpoints";
import { uniqueHosts } from "./egress/unique-hosts";
import { registryOnly } from "./egress/registry-only";
import { serviceEntries } from "./egress/service-entries";
import { sidecarScope } from "./egress/sidecar-scope";
import { throughGateway } from "./egress/through-gateway";
import { appliedManifests } from "./extensions/applied-manifests";
import { crds } from "./extensions/crds";
import { envoyFilters } from "./extensions/envoy-filters";
import { telemetry } from "./extensions/telemetry";
import { clientCertificates } from "./gateways/client-certificates";
import { hosts } from "./gateways/hosts";
import { noOtherControllers } from "./gateways/no-other-controllers";
import { loadBalancers } from "./gateways/load-balancers";
import { legacyClients } from "./gateways/legacy-clients";
import { onlyIngress } from "./gateways/only-ingress";
import { dedicatedProxies } from "./gateways/dedicated-proxies";
import { gatewayRoutes } from "./gateways/routes";
import { noServiceExport } from "./gateways/no-service-export";
import { gatewayTls } from "./gateways/tls";
import { controlPlane } from "./identity/control-plane";
import { clientTls } from "./identity/client-tls";
import { istioRelease } from "./identity/release";
import { meshIssuer } from "./identity/mesh-issuer";
import { meshStrict } from "./identity/mesh-strict";
import { meshTls } from "./identity/mesh-tls";
import { noPlaintext } from "./identity/no-plaintext";
import { injectedNamespaces } from "./injection/namespaces";
import { noBypass } from "./injection/no-bypass";
import { noNetAdmin } from "./injection/no-net-admin";
import { noOptOut } from "./injection/no-opt-out";
import { proxyContainer } from "./injection/proxy-container";
import { dedicatedServiceAccount } from "./injection/dedicated-service-account";
import { noDefaultNamespace } from "./injection/no-default-namespace";
import { revisions } from "./injection/revisions";
import { admission } from "./injection/admission";
import { webhooks } from "./injection/webhooks";
import { networkDenyAll } from "./network/deny-all";
import { specificPodSelector } from "./network/pod-selector";
import { cidrSize } from "./network/cidr-size";
import { leastPrivilege } from "./network/least-privilege";
import { policyKinds } from "./network/policy-kinds";
import { circuitBreaker } from "./resilience/circuit-breaker";
import { maxEjectionPercent } from "./resilience/max-ejection-percent";
import { noFaultInjection } from "./resilience/no-fault-injection";
import { retries } from "./resilience/retries";
import { timeout } from "./resilience/timeout";
import { charts } from "./workloads/charts";
import { credentials } from "./workloads/credentials";
import { images } from "./workloads/images";
import { nonRoot } from "./workloads/non-root";
import { podSecurity } from "./workloads/pod-security";
import { resources } from "./workloads/resources";
import { knownRoles } from "./workloads/known-roles";
import { rbac } from "./workloads/rbac";

export const RULES: readonly PolicyDefinition[] = [
    meshIssuer,
    meshStrict,
    noPlaintext,
    clientTls,
    meshTls,
    controlPlane,
    istioRelease,
    denyAll,
    allowIdentity,
    oneWorkload,
    allowScope,
    calleeHosts,
    denyPorts,
    everyRevision,
    exposedHosts,
    gatewayHosts,
    noDryRun,
    noPatches,
    stableSelector,
    tokens,
    identityHeaders,
    injectedNamespaces,
    noOptOut,
    noBypass,
    proxyContainer,
    noNetAdmin,
    dedicatedServiceAccount,
    revisions,
    webhooks,
    admission,
    noDefaultNamespace,
    networkDenyAll,
    leastPrivilege,
    specificPodSelector,
    cidrSize,
    policyKinds,
    registryOnly,
    serviceEntries,
    uniqueHosts,
    noExternalEndpoints,
    externalTls,
    throughGateway,
    exportTo,
    sidecarScope,
    gatewayTls,
    clientCertificates,
    legacyClients,
    hosts,
    onlyIngress,
    noOtherControllers,
    dedicatedProxies,
    gatewayRoutes,
    loadBalancers,
    noServiceExport,
    circuitBreaker,
    timeout,
    maxEjectionPercent,
    retries,
    noFaultInjection,
    noRouteConflicts,
    routeDestinations,
    analysis,
    manualApproval,
    externalProviders,
    envoyFilters,
    crds,
    appliedManifests,
    telemetry,
    podSecurity,
    images,
    resources,
    nonRoot,
    credentials,
    charts,
    rbac,
    knownRoles,
    ...CLUSTER_RULES,
    ...CLOSED_RULES,
];
