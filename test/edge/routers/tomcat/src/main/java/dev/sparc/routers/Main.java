package dev.sparc.routers;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;

/**
 * A servlet container with one servlet per route. Tomcat cuts path parameters (`;x`) off each segment, decodes, and
 * resolves dot segments before it maps a request to a servlet. Each servlet answers with its own reading. Usage: Main PORT
 */
public final class Main {
    /** Servlet mappings, by what the test calls the route. */
    private static final Map<String, String> ROUTES = new LinkedHashMap<>();

    static {
        ROUTES.put("/v1/tenants/*", "/v1/tenants/{tenant}");
        ROUTES.put("/v1/events", "/v1/events");
        ROUTES.put("/v1/*", "/v1/{**}");
        ROUTES.put("/hls/*", "/hls/{tenant}");
        ROUTES.put("/hooks/*", "/hooks/{*}");
        ROUTES.put("/login", "/login");
        ROUTES.put("/login/callback", "/login/callback");
        ROUTES.put("/.well-known/jwks.json", "/.well-known/jwks.json");
        ROUTES.put("/internal/*", "/internal/{**}");
        ROUTES.put("/admin/*", "/admin/{**}");
        ROUTES.put("/", null);
    }

    public static void main(String[] arguments) throws Exception {
        File base = Files.createTempDirectory("routers-tomcat").toFile();
        base.deleteOnExit();
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(base.getPath());
        tomcat.setHostname("localhost");
        tomcat.setPort(Integer.parseInt(arguments[0]));
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        Context context = tomcat.addContext("", base.getPath());
        ROUTES.forEach((mapping, route) -> {
            Tomcat.addServlet(context, mapping, new Answer(route));
            context.addServletMappingDecoded(mapping, mapping);
        });
        tomcat.start();
        tomcat.getServer().await();
    }

    private static final class Answer extends HttpServlet {
        private static final long serialVersionUID = 1L;
        private final String mapped;

        Answer(String mapped) {
            this.mapped = mapped;
        }

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            String info = request.getPathInfo();
            String[] rest = info == null || info.length() < 2 ? new String[0] : info.substring(1).split("/");
            String path = request.getServletPath() + (info == null ? "" : info);
            String route = reading(rest.length);
            String tenant = route != null && route.endsWith("{tenant}") && rest.length > 0 ? rest[0] : null;
            byte[] body = String.format(
                            "{\"route\":%s,\"tenant\":%s,\"path\":%s,\"caller\":%s}",
                            json(route), json(tenant), json(path), json(request.getHeader("x-tenant")))
                    .getBytes(StandardCharsets.UTF_8);
            response.setStatus(route == null ? 404 : 200);
            response.setHeader("x-read-by", "tomcat");
            response.setContentType("application/json");
            response.setContentLength(body.length);
            response.getOutputStream().write(body);
        }

        /** The route, if it takes so many segments behind the mapping. */
        private String reading(int segments) {
            return "/hooks/{*}".equals(mapped) && segments != 1 ? null : mapped;
        }
    }

    private static String json(String text) {
        if (text == null) return "null";
        StringBuilder result = new StringBuilder("\"");
        for (char character : text.toCharArray()) {
            if (character < 0x20 || character == '"' || character == '\\' || character > 0x7e) {
                result.append(String.format("\\u%04x", (int) character));
            } else {
                result.append(character);
            }
        }
        return result.append('"').toString();
    }
}
