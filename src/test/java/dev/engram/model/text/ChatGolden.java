package dev.engram.model.text;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The reference renderings of golden/chat/make_chat.py. */
public final class ChatGolden {
    /** The moment at which they were rendered. */
    public static final Clock CLOCK = Clock.fixed(Instant.parse("2024-07-06T15:04:05Z"), ZoneOffset.UTC);

    private static final Path FOLDER = Path.of("src/test/resources/golden/chat");

    private ChatGolden() {}

    public static JsonElement json(String name) {
        return JsonParser.parseString(text(name));
    }

    public static String text(String name) {
        try {
            return Files.readString(FOLDER.resolve(name), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A JSON value as the interpreter takes it. */
    public static Object value(JsonElement json) {
        if (json.isJsonNull()) {
            return null;
        }
        if (json.isJsonArray()) {
            List<Object> list = new ArrayList<>();
            json.getAsJsonArray().forEach(element -> list.add(value(element)));
            return list;
        }
        if (json.isJsonObject()) {
            return map(json);
        }
        if (json.getAsJsonPrimitive().isBoolean()) {
            return json.getAsBoolean();
        }
        if (json.getAsJsonPrimitive().isString()) {
            return json.getAsString();
        }
        String number = json.getAsString();
        return number.matches("-?\\d+") ? (Object) Long.valueOf(number) : (Object) Double.valueOf(number);
    }

    public static Map<String, Object> map(JsonElement json) {
        Map<String, Object> map = new LinkedHashMap<>();
        json.getAsJsonObject().entrySet().forEach(entry -> map.put(entry.getKey(), value(entry.getValue())));
        return map;
    }
}
