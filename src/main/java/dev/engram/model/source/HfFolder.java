package dev.engram.model.source;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.engram.model.BadInputException;
import dev.engram.model.LmConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A folder in Hugging Face layout: config.json, one or many safetensors, tokenizer.json, chat template. */
public final class HfFolder implements Checkpoint {
    private final Path folder;
    private final LmConfig config;
    private final GenerationDefaults generation;
    private final Map<String, SafetensorsFile> fileOf = new LinkedHashMap<>();
    private final Set<SafetensorsFile> files = new LinkedHashSet<>();
    private final Set<String> names;

    private HfFolder(Path folder) {
        this.folder = folder;
        if (!Files.isRegularFile(folder.resolve("config.json"))) {
            throw new BadInputException(
                    folder + " has no config.json; give a folder in Hugging Face layout or a GGUF file.");
        }
        config = HfConfig.read(folder.resolve("config.json"));
        generation = HfGeneration.read(folder, config.vocab());
        try {
            Map<String, long[]> present = new LinkedHashMap<>();
            for (Path path : HfShards.of(folder)) {
                SafetensorsFile file = SafetensorsFile.open(path);
                files.add(file);
                file.shapes().forEach((name, shape) -> {
                    if (present.put(name, shape) != null) {
                        throw new BadInputException(folder + " holds the tensor " + name
                                + " in two files; get an intact copy of the model.");
                    }
                    fileOf.put(name, file);
                });
            }
            names = Collections.unmodifiableSet(
                    ExpectedTensors.check(config, present, folder).keySet());
            names.forEach(this::tensor);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Opens and checks the folder; a fault gives a {@link BadInputException}. */
    public static HfFolder open(Path folder) {
        return new HfFolder(folder);
    }

    @Override
    public LmConfig config() {
        return config;
    }

    @Override
    public GenerationDefaults generationDefaults() {
        return generation;
    }

    @Override
    public Set<String> names() {
        return names;
    }

    @Override
    public StoredTensor tensor(String name) {
        if (!names.contains(name)) {
            throw new BadInputException(folder + " has no tensor " + name + "; ask for one of names().");
        }
        return fileOf.get(name).tensor(name);
    }

    @Override
    public String tokenizerJson() {
        Path file = folder.resolve("tokenizer.json");
        if (!Files.isRegularFile(file)) {
            throw new BadInputException(folder
                    + " has no tokenizer.json; save the model's fast tokenizer there (save_pretrained writes it).");
        }
        return Json.text(file);
    }

    /** From chat_template.jinja, else from tokenizer_config.json, which holds one text or a list of named ones. */
    @Override
    public Optional<String> chatTemplate() {
        Path jinja = folder.resolve("chat_template.jinja");
        if (Files.isRegularFile(jinja)) {
            return Optional.of(Json.text(jinja));
        }
        Path file = folder.resolve("tokenizer_config.json");
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        Json json = Json.read(file);
        return json.get("chat_template").map(e -> e instanceof JsonArray list ? named(json, list) : text(json, e));
    }

    @Override
    public Path origin() {
        return folder;
    }

    @Override
    public void close() {
        files.forEach(SafetensorsFile::close);
    }

    private static String named(Json json, JsonArray list) {
        String first = null;
        for (JsonElement e : list) {
            if (!(e instanceof JsonObject o)) {
                throw json.unfit("chat_template", e, "an object with name and template");
            }
            String template = text(json, o.get("template"));
            if (o.get("name") instanceof JsonPrimitive name
                    && name.getAsString().equals("default")) {
                return template;
            }
            first = first == null ? template : first;
        }
        if (first == null) {
            throw json.unfit("chat_template", list, "a list with a template");
        }
        return first;
    }

    private static String text(Json json, JsonElement e) {
        if (e instanceof JsonPrimitive p && p.isString()) {
            return p.getAsString();
        }
        throw json.unfit("chat_template", e, "a text");
    }
}
