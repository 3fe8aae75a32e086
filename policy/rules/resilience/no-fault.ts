import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { objectRule } from "../../core/rule";
import { routesOf } from "../../core/routes";
import { fields, list, says } from "../../core/read";

export const noFault = objectRule<WithExceptions>({
    name: "resilience-no-fault",
    area: "resilience",
    title: "No faults are injected in a protected stack",
    severity: "high",
    why: "an experiment that nobody ended is an outage that the mesh makes by itself; it also turns off the route's timeout and retries",
    remedy: "Remove `fault` from the route. In stacks for experiments disable this policy.",
    judges: ["networking.istio.io/VirtualService"],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: { name: carts, namespace: shop }
spec: { hosts: [carts], exportTo: ["."], http: [{ timeout: 1s, fault: { abort: { httpStatus: 503, percentage: { value: 1 } } }, route: [{ destination: { host: carts } }] }] }
`,
        accepted: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: carts, namespace: shop }
spec: { hosts: [carts], exportTo: ["."], http: [{ timeout: 1s, route: [{ destination: { host: carts } }] }] }
`,
    },
    *judge(subject, config) {
        if (isExcepted(config, subject)) return;
        for (const { path, fields: route } of routesOf(subject)) {
            if (!says(route["fault"])) continue;
            yield {
                subject,
                wrong: `${path}.fault makes requests fail or wait on purpose`,
                fix: "remove it, or list the VirtualService under the exceptions until the experiment ends.",
            };
        }
    },
    remedied({ spec }, { exceptions }) {
        if (
            exceptions.length > 0 ||
            !routesOf({ spec } as never).some((route) => says(route.fields["fault"]))
        ) {
            return undefined;
        }
        const http = list(spec["http"]).map((route) =>
            Object.fromEntries(Object.entries(fields(route)).filter(([key]) => key !== "fault")),
        );
        return { spec: { ...spec, http } };
    },
});
