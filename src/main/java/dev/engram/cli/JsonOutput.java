package dev.engram.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.util.LinkedHashMap;
import java.util.Map;

/** One JSON object on one line, its fields in the order they were added. */
final class JsonOutput {
    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    private final Map<String, Object> fields = new LinkedHashMap<>();

    JsonOutput add(String name, Object value) {
        fields.put(name, value);
        return this;
    }

    void print(Streams streams) {
        streams.out().println(GSON.toJson(fields));
    }
}
