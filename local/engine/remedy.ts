/** Remedies for errors of a deployment. */
import { CommandError } from "../lib/process";
import {
    ApiError,
    BeingDeletedError,
    ClaimedError,
    FieldConflictError,
    ForeignObjectError,
    MissingTargetError,
    NotServedError,
    ProgramTargetError,
    UnreachableError,
} from "./kube/errors";
import { HANDED_OVER } from "./kube/ownership";
import { describeRef, isRelease, type Ref } from "./ref";
import { UnsupportedError } from "./resource";
import { isWebhookDown } from "./retry";
import { type Failure, NotReadyError } from "./types";

export function failureOf(ref: Ref, error: unknown): Failure {
    const message = error instanceof CommandError && error.stderr !== "" ? error.stderr : messageOf(error);
    return { what: describeRef(ref), message, remedy: remedyFor(ref, error) };
}

export function messageOf(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}

function remedyFor(ref: Ref, error: unknown): string {
    const scope = ref.namespace === undefined ? "" : ` -n ${ref.namespace}`;
    if (error instanceof ForeignObjectError) {
        return isRelease(ref)
            ? `uninstall it (helm uninstall ${ref.name}${scope}), or deploy to another cluster`
            : `delete it, or let the engine adopt it, which will then also delete it: kubectl${scope} label ${ref.kind.toLowerCase()} ${ref.name} ${Object.entries(
                  HANDED_OVER,
              )
                  .map((pair) => pair.join("="))
                  .join(",")}`;
    }
    if (error instanceof ClaimedError) {
        return "remove it from one of the two stacks, or deploy this stack to another cluster";
    }
    if (error instanceof MissingTargetError)
        return "deploy it first, or correct its name and kind in workloads.services";
    if (error instanceof ProgramTargetError)
        return "name another workload in workloads.services, or deploy once without the key, so that the engine removes its own";
    if (error instanceof FieldConflictError)
        return "remove these fields where that manager sets them, or set them to the same values; `mesh workloads check` lists them";
    if (error instanceof NotServedError) {
        return "make its component depend on the release that installs this kind, or correct its apiVersion";
    }
    if (error instanceof BeingDeletedError) {
        return `find out what blocks its deletion: kubectl${scope} get ${ref.kind.toLowerCase()} ${ref.name} -o yaml (finalizers, conditions)`;
    }
    if (error instanceof UnreachableError) {
        return "start the cluster (embedded node: make up), or correct the kubeconfig";
    }
    if (error instanceof NotReadyError) return error.remedy;
    if (error instanceof UnsupportedError) return "deploy with the Pulumi CLI, or remove it from this stack";
    if (error instanceof CommandError) {
        return `inspect its pods: kubectl${scope} get pods,events; then run again`;
    }
    if (isWebhookDown(error)) {
        return "find out why the webhook's pods do not respond (istiod: kubectl -n istio-system get pods); then run again";
    }
    return error instanceof ApiError
        ? apiRemedy(error)
        : "fix the cause and run again; the deployment resumes where it stopped";
}

function apiRemedy({ status, message, about }: ApiError): string {
    if (status === 401) return "renew the kubeconfig's credentials";
    if (message.includes("denied the request"))
        return "correct it as the webhook requires, in the component that creates it";
    if (status === 403) return "use a kubeconfig of a user with this permission, such as cluster-admin";
    if (status === 404 && about === "namespaces")
        return "make its component depend on the one that creates the namespace";
    if (status === 400 || status === 422 || status === 500) {
        return "correct the object in the component that creates it";
    }
    return "run again; the deployment resumes where it stopped";
}
