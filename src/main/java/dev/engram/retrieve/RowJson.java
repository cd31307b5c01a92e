package dev.engram.retrieve;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.ToNumberPolicy;
import com.google.gson.TypeAdapter;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonWriter;
import dev.langchain4j.data.document.Metadata;
import dev.langchain4j.data.segment.TextSegment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.Map;

/**
 * A row as a line of JSON, in both of an index's files. Numbers of the metadata come back as long or double.
 *
 * @param text null for a row without one
 * @param metadata null where there is none
 * @param vector of length 1, or null where the graph holds it
 * @param removed whether the row of this id is gone
 */
record RowJson(String id, String text, Map<String, Object> metadata, float[] vector, boolean removed) {
    /** Floats as little-endian bytes in Base64: exact, and half as long as digits. */
    private static final TypeAdapter<float[]> BASE64 = new TypeAdapter<float[]>() {
        @Override
        public void write(JsonWriter out, float[] values) throws IOException {
            ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(values);
            out.value(Base64.getEncoder().encodeToString(bytes.array()));
        }

        @Override
        public float[] read(JsonReader in) throws IOException {
            byte[] bytes = Base64.getDecoder().decode(in.nextString());
            float[] values = new float[bytes.length / 4];
            ByteBuffer.wrap(bytes)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer()
                    .get(values);
            return values;
        }
    };

    private static final Gson JSON = new GsonBuilder()
            .disableHtmlEscaping()
            .setObjectToNumberStrategy(ToNumberPolicy.LONG_OR_DOUBLE)
            .registerTypeAdapter(float[].class, BASE64.nullSafe())
            .create();

    static RowJson of(String id, TextSegment text, float[] vector) {
        Map<String, Object> about = text == null ? Map.of() : text.metadata().toMap();
        return new RowJson(id, text == null ? null : text.text(), about.isEmpty() ? null : about, vector, false);
    }

    static RowJson removed(String id) {
        return new RowJson(id, null, null, null, true);
    }

    static RowJson parse(String line) {
        return JSON.fromJson(line, RowJson.class);
    }

    String line() {
        return JSON.toJson(this);
    }

    RowJson withVector(float[] values) {
        return new RowJson(id, text, metadata, values, removed);
    }

    TextSegment segment() {
        if (text == null) {
            return null;
        }
        return metadata == null ? TextSegment.from(text) : TextSegment.from(text, Metadata.from(metadata));
    }
}
