import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { objectRule } from "../../core/rule";
import { routesOf } from "../../core/routes";
import { fields, list, isNonEmpty } from "../../core/read";

export const noFaultInjection = objectRule<WithExceptions>({
    name: "resilience-no-fault-injection",
    area: "resilience",
    title: "No route injects faults",
    severity: "high",
    why: "a forgotten fault injection experiment is an outage; Istio also disables the route's timeout and retries while it is active",
    remediation: "Remove `fault` from the route. Disable this policy in stacks for experiments.",
    appliesTo: ["networking.istio.io/VirtualService"],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: { name: carts, namespace: shop }
spec: { hosts: [carts], exportTo: ["."], http: [{ timeout: 1s, fault: { abort: { httpStatus: 503, percentage: { value: 1 } } }, route: [{ destination: { host: carts } }] }] }
`,
        compliant: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: carts, namespace: shop }
spec: { hosts: [carts], exportTo: ["."], http: [{ timeout: 1s, route: [{ destination: { host: carts } }] }] }
`,
    },
    *evaluate(subject, config) {
        if (isExcepted(config, subject)) return;
        for (const { path, fields: route } of routesOf(subject)) {
            if (!isNonEmpty(route["fault"])) continue;
            yield {
                subject,
                problem: `${path}.fault makes requests fail or wait on purpose`,
                fix: "remove it, or add the VirtualService to the exceptions until the experiment ends.",
            };
        }
    },
    remediate({ spec }, { exceptions }) {
        if (
            exceptions.length > 0 ||
            !routesOf({ spec } as never).some((route) => isNonEmpty(route.fields["fault"]))
        ) {
            return undefined;
        }
        const http = list(spec["http"]).map((route) =>
            Object.fromEntries(Object.entries(fields(route)).filter(([key]) => key !== "fault")),
        );
        return { spec: { ...spec, http } };
    },
});
