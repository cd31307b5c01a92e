package dev.engram.model.source;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The JSON header of a safetensors file; a field given twice is an error, which a JSON object could not tell.
 *
 * @param entries the tensors, in the header's order
 * @param metadata text to text, empty where the file has none
 */
record SafetensorsHeader(Map<String, Entry> entries, Map<String, String> metadata) {
    private static final int MAX_DIMENSIONS = 16;

    /**
     * A line of the header.
     *
     * @param dtype as written
     * @param shape outermost first
     * @param begin first byte inside the data part
     * @param end byte after the last
     */
    record Entry(String dtype, long[] shape, long begin, long end) {}

    /** What is wrong with the header; the caller adds the file's name. */
    static final class Fault extends Exception {
        private static final long serialVersionUID = 1L;

        Fault(String message) {
            super(message);
        }
    }

    static SafetensorsHeader parse(String json) throws Fault {
        Map<String, Entry> entries = new LinkedHashMap<>();
        Map<String, String> metadata = new LinkedHashMap<>();
        try (JsonReader in = new JsonReader(new StringReader(json))) {
            in.setStrictness(Strictness.STRICT);
            in.beginObject();
            while (in.hasNext()) {
                String name = in.nextName();
                if (name.equals("__metadata__")) {
                    metadata(in, metadata);
                } else if (entries.put(name, entry(in, name)) != null) {
                    throw new Fault("lists tensor " + name + " twice");
                }
            }
            in.endObject();
            if (in.peek() != JsonToken.END_DOCUMENT) {
                throw new Fault("has text after its header");
            }
        } catch (IOException | IllegalStateException | NumberFormatException e) {
            throw new Fault("has a header that is not valid JSON");
        }
        return new SafetensorsHeader(entries, metadata);
    }

    /** Values other than text, which the format does not allow, are passed over: nothing depends on them. */
    private static void metadata(JsonReader in, Map<String, String> metadata) throws IOException {
        if (in.peek() != JsonToken.BEGIN_OBJECT) {
            in.skipValue();
            return;
        }
        in.beginObject();
        while (in.hasNext()) {
            String key = in.nextName();
            if (in.peek() == JsonToken.STRING) {
                metadata.put(key, in.nextString());
            } else {
                in.skipValue();
            }
        }
        in.endObject();
    }

    private static Entry entry(JsonReader in, String name) throws IOException, Fault {
        String dtype = null;
        List<Long> shape = null;
        List<Long> offsets = null;
        in.beginObject();
        while (in.hasNext()) {
            String field = in.nextName();
            boolean twice;
            switch (field) {
                case "dtype" -> {
                    twice = dtype != null;
                    dtype = in.nextString();
                }
                case "shape" -> {
                    twice = shape != null;
                    shape = longs(in, name);
                }
                case "data_offsets" -> {
                    twice = offsets != null;
                    offsets = longs(in, name);
                }
                default -> throw new Fault("gives tensor " + name + " the unknown field " + field);
            }
            if (twice) {
                throw new Fault("gives tensor " + name + " the field " + field + " twice");
            }
        }
        in.endObject();
        if (dtype == null || shape == null || offsets == null || offsets.size() != 2) {
            throw new Fault("gives tensor " + name + " no dtype, shape or pair of data_offsets");
        }
        return new Entry(dtype, shape.stream().mapToLong(n -> n).toArray(), offsets.get(0), offsets.get(1));
    }

    private static List<Long> longs(JsonReader in, String name) throws IOException, Fault {
        List<Long> values = new ArrayList<>();
        in.beginArray();
        while (in.hasNext()) {
            if (values.size() == MAX_DIMENSIONS || in.peek() != JsonToken.NUMBER) {
                throw new Fault("gives tensor " + name + " a shape or offset that is not a short list of numbers");
            }
            values.add(in.nextLong());
        }
        in.endArray();
        return values;
    }
}
