import { join } from "node:path";
import { type Recipe, step } from "./built";

const SOURCES = join(__dirname, "tomcat");
const POM = join(SOURCES, "pom.xml");

/** Java: Tomcat removes path parameters before it maps a request to a servlet. */
export const tomcat: Recipe = {
    name: "tomcat",
    needs: [
        ["java", "-version"],
        ["mvn", "-version"],
    ],
    inputs: [POM, join(SOURCES, "src", "main", "java", "dev", "sparc", "routers", "Main.java")],
    build: (folder) => step("mvn", ["-q", "-B", "-f", POM, `-Drouters.output=${folder}`, "process-classes"]),
    program: (folder) => ({
        name: "tomcat",
        command: "java",
        args: [
            "-Xmx128m",
            "-cp",
            `${join(folder, "classes")}:${join(folder, "lib", "*")}`,
            "dev.sparc.routers.Main",
        ],
        serverError: /HTTP Status 4\d\d/,
    }),
};
