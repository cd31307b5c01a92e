package dev.engram.report;

import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;

/** The versions a result depends on, read from the class path without starting the engine. */
public final class Versions {
    private Versions() {}

    /** Engram, Java, DJL and PyTorch, in this order; "unknown" where a jar does not say. */
    public static Map<String, String> here() {
        Map<String, String> versions = new LinkedHashMap<>();
        String own = Versions.class.getPackage().getImplementationVersion();
        versions.put("engram", own == null ? "unpackaged" : own);
        versions.put("java", System.getProperty("java.version"));
        versions.put("djl", property("ai/djl/engine/api.properties", "djl_version"));
        String natives = "native/lib/pytorch.properties";
        versions.put("pytorch", property(natives, "version") + " " + property(natives, "flavor"));
        return versions;
    }

    /** The engine's jars carry small property files; "unknown" where a jar is absent, as in a test without the engine. */
    private static String property(String resource, String key) {
        try (InputStream in = Versions.class.getClassLoader().getResourceAsStream(resource)) {
            if (in == null) {
                return "unknown";
            }
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty(key, "unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }
}
