package dev.engram.model.source;

import dev.engram.model.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * Downloads a model from a hub with the public file interface of huggingface.co ({@code /<id>/resolve/<revision>/<file>}). All
 * files come from one commit. Weights come last: a folder that has them all is complete.
 */
public final class HubDownload {

    /** Told how far a file is; called often, from the downloading thread. */
    @FunctionalInterface
    public interface Progress {
        /**
         * @param file name inside the model
         * @param done bytes on disk
         * @param total bytes of the file; negative where unknown
         */
        void at(String file, long done, long total);
    }

    /** Free bytes of the disk that holds a folder. */
    @FunctionalInterface
    interface Space {
        long usable(Path folder) throws IOException;
    }

    private final String base;
    private final Progress progress;
    private final Space space;

    /**
     * @param base address of the hub, such as https://huggingface.co
     */
    public HubDownload(String base, Progress progress) {
        this(base, progress, folder -> Files.getFileStore(folder).getUsableSpace());
    }

    HubDownload(String base, Progress progress, Space space) {
        this.base = base.replaceFirst("/+$", "");
        this.progress = progress;
        this.space = space;
        HubConnection.uri(this.base);
    }

    /**
     * Fetches what is missing; files that are there are kept, unfinished ones continued.
     *
     * @param id such as HuggingFaceTB/SmolLM2-135M-Instruct
     * @param folder receives the files
     */
    public void fetch(String id, Path folder) {
        HubFile.Info config = info(id, "main", "config.json");
        if (config == null) {
            throw new BadInputException("There is no model " + id + " with a config.json at " + base
                    + "; check its name, or give a file or folder that exists.");
        }
        String revision = config.commit() == null ? "main" : config.commit();
        required(id, revision, "config.json", folder);
        required(id, revision, "tokenizer.json", folder);
        for (String name : new String[] {"generation_config.json", "tokenizer_config.json", "chat_template.jinja"}) {
            one(id, revision, name, folder);
        }
        if (!one(id, revision, HfShards.SINGLE, folder)) {
            required(id, revision, HfShards.INDEX, folder);
            Set<String> shards = HfShards.named(folder.resolve(HfShards.INDEX));
            shards.forEach(shard -> required(id, revision, shard, folder));
        }
    }

    /** Whether a folder has everything that a download brings before it is done. */
    static boolean complete(Path folder) {
        if (!Files.isRegularFile(folder.resolve("config.json"))
                || !Files.isRegularFile(folder.resolve("tokenizer.json"))) {
            return false;
        }
        if (Files.isRegularFile(folder.resolve(HfShards.SINGLE))) {
            return true;
        }
        Path index = folder.resolve(HfShards.INDEX);
        return Files.isRegularFile(index)
                && HfShards.named(index).stream().allMatch(name -> Files.isRegularFile(folder.resolve(name)));
    }

    private void required(String id, String revision, String name, Path folder) {
        if (!one(id, revision, name, folder)) {
            throw new BadInputException("The model " + id + " at " + base + " has no " + name
                    + "; use a model with safetensors and a tokenizer.json.");
        }
    }

    /** False where the hub has no such file. */
    private boolean one(String id, String revision, String name, Path folder) {
        Path target = folder.resolve(name);
        if (Files.isRegularFile(target)) {
            return true;
        }
        HubFile.Info info = info(id, revision, name);
        if (info == null) {
            return false;
        }
        String address = address(id, revision, name);
        new HubFile(HubConnection.uri(address), target, info, progress, space).fetch();
        return true;
    }

    private HubFile.Info info(String id, String revision, String name) {
        String address = address(id, revision, name);
        int status;
        try {
            HubConnection.Answer answer = HubConnection.head(HubConnection.uri(address));
            answer.connection().disconnect();
            status = answer.status();
            if (status == 200) {
                return HubFile.Info.of(answer);
            }
        } catch (IOException e) {
            throw new BadInputException(
                    address + " cannot be reached (" + e + "); check the connection, or give a folder with the model.",
                    e);
        }
        if (status == 404) {
            return null;
        }
        boolean closed = status == 401 || status == 403;
        throw new BadInputException(address + " answered " + status
                + (closed
                        ? "; the model needs a login or does not exist: download it with its own tool and give the folder."
                        : "; try again later, or give a folder with the model."));
    }

    private String address(String id, String revision, String name) {
        return base + "/" + id + "/resolve/" + revision + "/" + name;
    }
}
