/** Builders of the edits in the listed openings. */
import { type Mutation } from "../mutations/model";
import { added, annotated, edit, find, istiod, type Stack } from "./edits";

export type Make = (stack: Stack) => Mutation;

export const values =
    (change: Readonly<Record<string, unknown>>): Make =>
    (stack) =>
        istiod(stack, change);
export const mesh = (key: string, value: unknown): Make => values({ [`values.meshConfig.${key}`]: value });
export const variable = (name: string, value: string): Make => values({ [`values.env.${name}`]: value });
export const add =
    (yaml: string): Make =>
    () =>
        added(yaml);
export const webhook =
    (change: Readonly<Record<string, unknown>>): Make =>
    (stack) =>
        edit(find(stack, "MutatingWebhookConfiguration", "istio-revision-tag-stable"), change);
export const dryRun =
    (key: string, value: string): Make =>
    (stack) =>
        annotated(find(stack, "AuthorizationPolicy", key), { "istio.io/dry-run": value });
export const helmRelease = (spec: string): Make =>
    add(`
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: mesh, namespace: istio-system }
spec: { chart: { spec: { chart: istiod } }, ${spec} }
`);
export const application = (source: string): Make =>
    add(`
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: mesh, namespace: argocd }
spec: { destination: { namespace: istio-system }, source: { chart: istiod, helm: ${source} } }
`);

export const CONTROL = "identity-control-plane";
export const WEBHOOKS = "injection-webhooks";
export const BYPASS = "injection-no-bypass";
