package dev.engram.cli.bench;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.engram.model.BadInputException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A peer in its own process, spoken to line by line; the protocol stands in environment/peers/README.md. */
final class PeerContestant implements Contestant {
    private static final Gson GSON = new Gson();

    private final String who;
    private final String dtype;
    private final String setting;
    private final Process process;
    private final BufferedReader answers;
    private final Writer requests;

    PeerContestant(String who, String dtype, String setting, List<String> command) {
        this.who = who;
        this.dtype = dtype;
        this.setting = setting;
        try {
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            throw new BadInputException("The peer " + who + " cannot be started with " + command.get(0)
                    + "; install it as environment/peers/README.md says, or leave it out with --peers none.");
        }
        answers = process.inputReader(StandardCharsets.UTF_8);
        requests = process.outputWriter(StandardCharsets.UTF_8);
        read();
    }

    @Override
    public String who() {
        return who;
    }

    @Override
    public String dtype() {
        return dtype;
    }

    @Override
    public String setting() {
        return setting;
    }

    @Override
    public double decode(int context, int tokens) {
        return decode(context, tokens, Map.of());
    }

    /** Decoding with what else the peer's request takes, such as a mode or a press. */
    double decode(int context, int tokens, Map<String, ?> more) {
        JsonObject request = request("decode");
        request.addProperty("context", context);
        request.addProperty("tokens", tokens);
        more.forEach((name, value) -> request.add(name, GSON.toJsonTree(value)));
        return ask(request).get("tokens_per_second").getAsDouble();
    }

    /** Lets the peer drop the contexts that it keeps for the next round. */
    void free() {
        ask(request("free"));
    }

    @Override
    public double prefill(int tokens) {
        JsonObject request = request("prefill");
        request.addProperty("tokens", tokens);
        return ask(request).get("seconds").getAsDouble();
    }

    /** Training steps from the adapter that the worker was started with. */
    TrainEntrant.Run train(List<int[][]> batches, double rate) {
        JsonObject request = request("train");
        request.add("batches", GSON.toJsonTree(batches));
        request.addProperty("rate", rate);
        JsonObject answer = ask(request);
        return new TrainEntrant.Run(
                GSON.fromJson(answer.get("losses"), double[].class),
                GSON.fromJson(answer.get("seconds"), double[].class));
    }

    private static JsonObject request(String op) {
        JsonObject request = new JsonObject();
        request.addProperty("op", op);
        return request;
    }

    private JsonObject ask(JsonObject request) {
        try {
            requests.write(request + "\n");
            requests.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return read();
    }

    private JsonObject read() {
        try {
            String line = answers.readLine();
            if (line == null) {
                throw new BadInputException(
                        "The peer " + who + " (" + setting + ") ended without an answer; run its command by hand: "
                                + process.info().commandLine().orElse("see environment/peers/README.md") + ".");
            }
            JsonObject answer = JsonParser.parseString(line).getAsJsonObject();
            if (answer.has("error")) {
                throw new BadInputException(
                        "The peer " + who + " says: " + answer.get("error").getAsString());
            }
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            requests.write("{\"op\":\"quit\"}\n");
            requests.flush();
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
