package dev.engram.model.source;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.engram.model.BadInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A JSON file whose fields are read with their type checked; a fault names the file, the field and the value. */
final class Json {
    /** The largest tokenizer.json in use has 35 MB. */
    private static final long MAX_BYTES = 256L << 20;

    private final String where;
    private final JsonObject object;

    private Json(String where, JsonObject object) {
        this.where = where;
        this.object = object;
    }

    /** Reads a file that must hold one JSON object. */
    static Json read(Path file) {
        String text = text(file);
        try {
            JsonElement e = JsonParser.parseString(text);
            if (e.isJsonObject()) {
                return new Json(file.toString(), e.getAsJsonObject());
            }
        } catch (JsonParseException e) {
            throw new BadInputException(file + " is not valid JSON; get an intact copy of the file.", e);
        }
        throw new BadInputException(file + " does not hold a JSON object; get an intact copy of the file.");
    }

    /** A file's text, in UTF-8. */
    static String text(Path file) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new BadInputException(file + " has " + Files.size(file) + " bytes, more than the " + MAX_BYTES
                        + " that a text file of a model may have; check that it is the right file.");
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(Files.readAllBytes(file)))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new BadInputException(file + " is not text in UTF-8; get an intact copy of the file.", e);
        } catch (IOException e) {
            throw new BadInputException(
                    file + " cannot be read (" + e.getMessage() + "); check that it exists and its permissions.", e);
        }
    }

    String where() {
        return where;
    }

    /** The value of a field; empty where it is absent or null. */
    Optional<JsonElement> get(String field) {
        return Optional.ofNullable(object.get(field)).filter(e -> !e.isJsonNull());
    }

    Optional<Json> object(String field) {
        return get(field).map(e -> {
            if (!e.isJsonObject()) {
                throw unfit(field, e, "an object");
            }
            return new Json(where, e.getAsJsonObject());
        });
    }

    Iterable<String> fields() {
        return object.keySet();
    }

    Optional<String> string(String field) {
        return get(field).map(e -> {
            if (e instanceof JsonPrimitive p && p.isString()) {
                return p.getAsString();
            }
            throw unfit(field, e, "a string");
        });
    }

    Optional<Boolean> bool(String field) {
        return get(field).map(e -> {
            if (e instanceof JsonPrimitive p && p.isBoolean()) {
                return p.getAsBoolean();
            }
            throw unfit(field, e, "true or false");
        });
    }

    Optional<Integer> whole(String field) {
        return get(field).map(e -> whole(field, e));
    }

    int needWhole(String field) {
        return whole(field)
                .orElseThrow(() -> new BadInputException(
                        where + " lacks the field " + field + "; get an intact copy of the file."));
    }

    Optional<Double> decimal(String field) {
        return get(field).map(e -> number(field, e));
    }

    /** Elements of a list, or the one value that stands in its place; empty where the field is absent. */
    List<Integer> wholes(String field) {
        List<Integer> values = new ArrayList<>();
        get(field).ifPresent(e -> {
            if (e instanceof JsonArray list) {
                list.forEach(item -> values.add(whole(field, item)));
            } else {
                values.add(whole(field, e));
            }
        });
        return values;
    }

    BadInputException unfit(String field, Object value, String rule) {
        String shown = String.valueOf(value);
        return new BadInputException(where + " has " + field + " = "
                + (shown.length() > 60 ? shown.substring(0, 60) + "…" : shown) + ", which is not " + rule
                + "; get an intact copy of the file.");
    }

    private int whole(String field, JsonElement e) {
        double d = number(field, e);
        if (d != Math.rint(d) || Math.abs(d) > Integer.MAX_VALUE) {
            throw unfit(field, e, "a whole number of 32 bits");
        }
        return (int) d;
    }

    private double number(String field, JsonElement e) {
        if (e instanceof JsonPrimitive p && p.isNumber()) {
            try {
                double d = Double.parseDouble(p.getAsString());
                if (Double.isFinite(d)) {
                    return d;
                }
            } catch (NumberFormatException notANumber) {
                throw unfit(field, e, "a number");
            }
        }
        throw unfit(field, e, "a number");
    }
}
