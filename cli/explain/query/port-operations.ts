import type { Catalogue, Port } from "../../../catalogue/model";
import { grpcPath } from "../../../catalogue/query";
import { NAMESPACES } from "../../../components/base/names";
import type { Callee, ServicePort } from "../../lib/evaluate/model";

/** An operation of a port: a pattern, and a sample request that matches it. */
export interface PortOperation {
    readonly method: string;
    readonly path: string;
    readonly pattern: string;
}

/** The catalogue's port for a port of a Service, if there is one. */
export function cataloguePort(catalogue: Catalogue, callee: Callee, port: ServicePort): Port | undefined {
    const { name, namespace } = callee.workload;
    const workloads = namespace === NAMESPACES.stores ? catalogue.stores : catalogue.services;
    const catalogued = Object.hasOwn(workloads, name) ? workloads[name]?.ports : undefined;
    return Object.values(catalogued ?? {}).find(({ number }) => number === port.number);
}

/** The operations that the catalogue lists for a port; none for a port that it does not list. */
export function operationsOfPort(catalogue: Catalogue, callee: Callee, port: ServicePort): PortOperation[] {
    const catalogued = cataloguePort(catalogue, callee, port);
    switch (catalogued?.protocol) {
        case "http":
            return catalogued.requests.map((request) => {
                const [method = "", pattern = ""] = request.split(" ");
                return { method, pattern, path: pattern.replaceAll(/\{\*\*?\}/g, "x") };
            });
        case "grpc":
            return catalogued.methods.map((method) => {
                const path = grpcPath(catalogued, method);
                return { method: "POST", path, pattern: path };
            });
        case "ws":
            return [{ method: "GET", path: catalogued.path, pattern: catalogued.path }];
        case "tcp":
        case undefined:
            return [];
    }
}
