/** Every policy of the pack, in the order of the docs. */
import { type Rule } from "../core/rule";
import { allowIdentity } from "./access/allow-identity";
import { allowScope } from "./access/allow-scope";
import { calleeHosts } from "./access/callee-hosts";
import { denyAll } from "./access/deny-all";
import { denyPorts } from "./access/deny-ports";
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
import { gates } from "./delivery/gates";
import { oneOwner } from "./delivery/one-owner";
import { ownHost } from "./delivery/own-host";
import { sources } from "./delivery/sources";
import { exportTo } from "./egress/export-to";
import { externalTls } from "./egress/external-tls";
import { noOutsidersInside } from "./egress/no-outsiders-inside";
import { ownNames } from "./egress/own-names";
import { registryOnly } from "./egress/registry-only";
import { serviceEntries } from "./egress/service-entries";
import { sidecarScope } from "./egress/sidecar-scope";
import { throughGateway } from "./egress/through-gateway";
import { definitions } from "./extensions/definitions";
import { envoyFilters } from "./extensions/envoy-filters";
import { telemetry } from "./extensions/telemetry";
import { clientCertificates } from "./gateways/client-certificates";
import { hosts } from "./gateways/hosts";
import { noOtherGateways } from "./gateways/no-other-kinds";
import { loadBalancers } from "./gateways/load-balancers";
import { oldClients } from "./gateways/old-clients";
import { onlyWayIn } from "./gateways/only-way-in";
import { ownProxies } from "./gateways/own-proxies";
import { gatewayRoutes } from "./gateways/routes";
import { noSideEntries } from "./gateways/side-entries";
import { gatewayTls } from "./gateways/tls";
import { controlPlane } from "./identity/control-plane";
import { clientTls } from "./identity/client-tls";
import { istioRelease } from "./identity/release";
import { meshStrict } from "./identity/mesh-strict";
import { meshTls } from "./identity/mesh-tls";
import { noPlaintext } from "./identity/no-plaintext";
import { injectedNamespaces } from "./injection/namespaces";
import { noBypass } from "./injection/no-bypass";
import { noNetAdmin } from "./injection/no-net-admin";
import { noOptOut } from "./injection/no-opt-out";
import { proxyContainer } from "./injection/proxy-container";
import { ownAccount } from "./injection/own-account";
import { notDefault } from "./injection/not-default";
import { revisions } from "./injection/revisions";
import { admission } from "./injection/admission";
import { webhooks } from "./injection/webhooks";
import { networkDenyAll } from "./network/deny-all";
import { everyPod } from "./network/every-pod";
import { fewAddresses } from "./network/few-addresses";
import { narrow } from "./network/narrow";
import { noOtherKinds } from "./network/no-other-kinds";
import { breaker } from "./resilience/breaker";
import { ejection } from "./resilience/ejection";
import { noFault } from "./resilience/no-fault";
import { retries } from "./resilience/retries";
import { timeout } from "./resilience/timeout";
import { charts } from "./workloads/charts";
import { credentials } from "./workloads/credentials";
import { images } from "./workloads/images";
import { nonRoot } from "./workloads/non-root";
import { podSecurity } from "./workloads/pod-security";
import { resources } from "./workloads/resources";
import { knownRoles } from "./workloads/known-roles";
import { rights } from "./workloads/rights";

export const RULES: readonly Rule[] = [
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
    ownAccount,
    revisions,
    webhooks,
    admission,
    notDefault,
    networkDenyAll,
    narrow,
    everyPod,
    fewAddresses,
    noOtherKinds,
    registryOnly,
    serviceEntries,
    ownNames,
    noOutsidersInside,
    externalTls,
    throughGateway,
    exportTo,
    sidecarScope,
    gatewayTls,
    clientCertificates,
    oldClients,
    hosts,
    onlyWayIn,
    noOtherGateways,
    ownProxies,
    gatewayRoutes,
    loadBalancers,
    noSideEntries,
    breaker,
    timeout,
    ejection,
    retries,
    noFault,
    oneOwner,
    ownHost,
    analysis,
    gates,
    sources,
    envoyFilters,
    definitions,
    telemetry,
    podSecurity,
    images,
    resources,
    nonRoot,
    credentials,
    charts,
    rights,
    knownRoles,
    ...CLUSTER_RULES,
    ...CLOSED_RULES,
];
