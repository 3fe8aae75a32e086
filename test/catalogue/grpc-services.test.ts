import * as assert from "node:assert/strict";

import { wireOperations } from "../../catalogue/query";
import { small } from "./small";

describe("a gRPC port with several services", () => {
    it("has the paths of each service", () => {
        const { grpc } = small();
        const methods = ["Get", "grpc.health.v1.Health/Check"];
        assert.deepEqual(wireOperations({ ...grpc, methods }, { methods }), [
            {
                methods: ["POST"],
                paths: ["/example.v1.Middle/Get", "/grpc.health.v1.Health/Check"],
            },
        ]);
    });
});
