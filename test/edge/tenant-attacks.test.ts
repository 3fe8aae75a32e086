/**
 * Attacks on the tenant of a request, on gateways and sidecars as a real istiod configures them, in a real Envoy. The oracle reads
 * requests as they arrive at the application, and shares no code with the mesh.
 */
import { attackByCallers } from "./attacks/callers";
import { attackByRequests } from "./attacks/requests";
import { type Target, startTarget } from "./attacks/target";
import { attackByTokens } from "./attacks/tokens";

describe("attacks on a request's tenant, with a real istiod", function () {
    this.timeout(240_000);
    let target: Target | undefined;
    before(async function () {
        target = await startTarget(this);
    });
    after(() => target?.stop());

    attackByTokens(() => target!);
    attackByRequests(() => target!);
    describe("by a caller inside", () => {
        attackByCallers(() => target!);
    });
});
