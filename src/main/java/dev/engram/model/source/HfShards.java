package dev.engram.model.source;

import dev.engram.model.BadInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The safetensors files of a folder: model.safetensors, or those that model.safetensors.index.json names. */
final class HfShards {
    static final String SINGLE = "model.safetensors";
    static final String INDEX = "model.safetensors.index.json";

    private HfShards() {}

    static List<Path> of(Path folder) {
        Path single = folder.resolve(SINGLE);
        if (Files.isRegularFile(single)) {
            return List.of(single);
        }
        Path index = folder.resolve(INDEX);
        if (!Files.isRegularFile(index)) {
            boolean pickled = Files.exists(folder.resolve("pytorch_model.bin"))
                    || Files.exists(folder.resolve("pytorch_model.bin.index.json"));
            throw new BadInputException(folder + " has neither " + SINGLE + " nor " + INDEX
                    + (pickled ? "; save the model again as safetensors." : "; get an intact copy of the model."));
        }
        return named(index).stream().map(folder::resolve).toList();
    }

    /** File names in the index. A name is a plain file name: an index must not lead out of its folder. */
    static Set<String> named(Path index) {
        Json map = Json.read(index)
                .object("weight_map")
                .orElseThrow(() ->
                        new BadInputException(index + " lacks the field weight_map; get an intact copy of the file."));
        Set<String> files = new TreeSet<>();
        for (String tensor : map.fields()) {
            String file = map.string(tensor).orElse("");
            if (!file.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,200}\\.safetensors")) {
                throw map.unfit(tensor, file, "the plain name of a safetensors file in the same folder");
            }
            files.add(file);
        }
        if (files.isEmpty()) {
            throw map.unfit("weight_map", "{}", "a list of tensors");
        }
        return files;
    }
}
