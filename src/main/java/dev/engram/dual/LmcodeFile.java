package dev.engram.dual;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.engram.model.BadInputException;
import dev.engram.model.source.Dequantizer;
import dev.engram.model.source.SafetensorsFile;
import dev.engram.model.source.SafetensorsWriter;
import dev.engram.model.source.TensorType;
import dev.engram.report.AtomicFile;
import dev.engram.report.FileTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A model's folder: config.json, a folder stores-* with one for each long-term store that holds something, and model.safetensors, which
 * names the folder of its stores and is moved into place last. So a process that dies while it saves over a former state of the same
 * configuration leaves the old state or the new one, never the weights of one with the memories of the other.
 */
final class LmcodeFile {
    private static final Gson JSON = new GsonBuilder().setPrettyPrinting().create();
    private static final String CONFIG = "config.json";
    private static final String WEIGHTS = "model.safetensors";
    private static final String STORES = "stores";
    /** What the folder of stores may be called; a name from a file leads nowhere else. */
    private static final String NAME = "stores-[0-9a-f-]{36}";

    private LmcodeFile() {}

    static void save(Lmcode model, Path folder) {
        AtomicFile.write(folder.resolve(CONFIG), JSON.toJson(model.config()) + "\n");
        String name = "stores-" + UUID.randomUUID();
        Path stores = folder.resolve(name);
        makeFolder(stores);
        for (int i = 0; i < model.layers().size(); i++) {
            LongTermMemory store = model.layers().get(i).longTermMemory();
            if (store.size() > 0) {
                store.save(store(stores, i));
            }
        }
        SafetensorsWriter writer = new SafetensorsWriter().metadata(STORES, name);
        model.parameters()
                .forEach((parameter, p) ->
                        writer.add(parameter, TensorType.F32, p.getShape().getShape(), p::toFloatArray));
        writer.write(folder.resolve(WEIGHTS));
        removeOthers(folder, name);
    }

    private static void makeFolder(Path stores) {
        try {
            Files.createDirectories(stores);
        } catch (IOException e) {
            throw new BadInputException(stores + " cannot be made (" + e + "); name a folder that is yours.", e);
        }
    }

    /** Stores of former states, and of saves that did not end. */
    private static void removeOthers(Path folder, String kept) {
        try (Stream<Path> all = Files.list(folder)) {
            for (Path p : all.toList()) {
                String name = p.getFileName().toString();
                if (name.matches(NAME) && !name.equals(kept)) {
                    FileTree.delete(p);
                }
            }
        } catch (IOException e) {
            throw new BadInputException(folder + " cannot be tidied (" + e + "); remove its former stores by hand.", e);
        }
    }

    private static Path store(Path stores, int layer) {
        return stores.resolve("long-term-" + layer);
    }

    /** The configuration of a folder. */
    static LmcodeConfig config(Path folder) {
        return JSON.fromJson(json(folder.resolve(CONFIG)), LmcodeConfig.class);
    }

    private static JsonObject json(Path file) {
        try {
            JsonObject json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
            JsonObject whole = JSON.toJsonTree(LmcodeConfig.defaults()).getAsJsonObject();
            for (String field : whole.keySet()) {
                if (!json.has(field)) {
                    throw new BadInputException(file + " lacks the field " + field + "; get an intact copy.");
                }
            }
            return json;
        } catch (IOException | JsonParseException | IllegalStateException e) {
            throw new BadInputException(
                    file + " cannot be read (" + e.getMessage() + "); give a folder that LMCODE has saved.", e);
        }
    }

    /** Overwrites a model's parameters and stores with a folder's. */
    static void restore(Lmcode model, Path folder) {
        requireSame(model.config(), folder);
        Path stores;
        try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(WEIGHTS))) {
            Map<String, long[]> shapes = file.shapes();
            model.parameters().forEach((name, p) -> {
                if (!Arrays.equals(shapes.get(name), p.getShape().getShape())) {
                    throw new BadInputException(folder.resolve(WEIGHTS) + " does not fit its " + CONFIG + " (tensor "
                            + name + "); get an intact copy of the folder.");
                }
            });
            stores = folder.resolve(storesName(file, folder));
            model.parameters().forEach((name, p) -> model.set(p, Dequantizer.toFloats(file.tensor(name))));
        }
        for (int i = 0; i < model.layers().size(); i++) {
            if (Files.exists(store(stores, i))) {
                model.layers().get(i).load(store(stores, i));
            } else {
                model.layers().get(i).longTermMemory().clear();
            }
        }
    }

    private static String storesName(SafetensorsFile file, Path folder) {
        String name = String.valueOf(file.metadata().get(STORES));
        if (!name.matches(NAME) || !Files.isDirectory(folder.resolve(name))) {
            throw new BadInputException(folder.resolve(WEIGHTS) + " names the stores '" + name
                    + "', which are not beside it; get an intact copy of the folder.");
        }
        return name;
    }

    private static void requireSame(LmcodeConfig own, Path folder) {
        JsonObject theirs = json(folder.resolve(CONFIG));
        JsonObject ours = JSON.toJsonTree(own).getAsJsonObject();
        StringJoiner differences = new StringJoiner(", ");
        for (String field : ours.keySet()) {
            if (!field.equals("deviation") && !ours.get(field).equals(theirs.get(field))) {
                String value = theirs.get(field).getAsString();
                if (!value.equals(ours.get(field).getAsString())) {
                    differences.add(field + " " + value + " instead of "
                            + ours.get(field).getAsString());
                }
            }
        }
        if (differences.length() > 0) {
            throw new BadInputException("The checkpoint in " + folder + " belongs to another configuration ("
                    + differences + "); open it with Lmcode.load, which takes its own.");
        }
    }
}
