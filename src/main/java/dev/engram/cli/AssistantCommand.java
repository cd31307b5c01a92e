package dev.engram.cli;

import dev.engram.assistant.AnswerWriter;
import dev.engram.assistant.Assistant;
import dev.engram.assistant.DomainPack;
import dev.engram.assistant.Exchange;
import dev.engram.assistant.LmWriter;
import dev.engram.assistant.Reply;
import dev.engram.assistant.Source;
import dev.engram.assistant.Subjects;
import dev.engram.assistant.Told;
import dev.engram.assistant.UserMemory;
import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.retrieve.Embedders;
import dev.engram.world.World;
import dev.langchain4j.model.embedding.EmbeddingModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.ScopeType;

/** {@code assistant}: a personal assistant that remembers, one message a line. */
@Command(
        name = "assistant",
        description =
                "A personal assistant that remembers its user: tell it something, ask for it in a later conversation."
                        + " Type \"Forget my address.\" to delete, /quit to end.",
        subcommands = HelpCommand.class,
        sortOptions = false)
final class AssistantCommand implements Callable<Integer> {
    /** Training users whose sentences are the examples of subjects. */
    private static final int USERS = 2;

    @ParentCommand
    private Engram engram;

    @Option(
            names = "--user",
            paramLabel = "DIR",
            scope = ScopeType.INHERIT,
            description = "The user's folder: everything that is remembered is in it.")
    private Path user;

    @Option(
            names = "--date",
            paramLabel = "YYYY-MM-DD",
            scope = ScopeType.INHERIT,
            description = "Take this for today.")
    private String date;

    @Option(names = "--json", scope = ScopeType.INHERIT, description = "Print one JSON object a reply.")
    private boolean json;

    @Option(names = "--say", paramLabel = "TEXT", description = "Say this and end; may be given several times.")
    private List<String> say = List.of();

    @Option(names = "--domain", paramLabel = "NAME", description = "Reference texts: law, medicine or tutoring.")
    private String domain;

    @Option(names = "--quote", description = "Quote memories instead of wording answers; no language model is opened.")
    private boolean quote;

    @Option(
            names = "--reread",
            paramLabel = "N",
            defaultValue = "4",
            description = "Read the store again every N tokens of an answer; 0 for never (default: ${DEFAULT-VALUE}).")
    private int reread;

    @Mixin
    private ModelOptions model;

    @Override
    public Integer call() {
        double today = today();
        try (UserMemory memory = memory()) {
            if (quote) {
                talk(memory, AnswerWriter.quoting(), today);
            } else {
                try (CausalLm lm = model.open(engram.streams())) {
                    talk(memory, new LmWriter(lm, reread, 3), today);
                }
            }
        }
        return 0;
    }

    private UserMemory memory() {
        if (user == null) {
            throw new BadInputException("--user is missing; name the folder of the user, such as --user my-memory.");
        }
        return UserMemory.open(user, today());
    }

    private double today() {
        try {
            return date == null
                    ? System.currentTimeMillis() / 86_400_000.0
                    : LocalDate.parse(date).toEpochDay();
        } catch (DateTimeParseException e) {
            throw new BadInputException("--date is '" + date + "', which is not a date such as 2026-03-01.");
        }
    }

    private void talk(UserMemory memory, AnswerWriter writer, double today) {
        EmbeddingModel embeddings = Embedders.english();
        World world = World.load();
        Subjects subjects = Subjects.learned(embeddings, USERS, world.chatter());
        DomainPack pack = domain == null ? null : DomainPack.open(domain, world, embeddings);
        Assistant assistant = new Assistant(memory, subjects, embeddings, writer, pack);
        if (!say.isEmpty()) {
            say.forEach(text -> reply(assistant.say(text, today)));
            return;
        }
        BufferedReader in =
                new BufferedReader(new InputStreamReader(engram.streams().in(), StandardCharsets.UTF_8));
        for (String line = ask(in); line != null && !line.strip().equals("/quit"); line = ask(in)) {
            if (!line.isBlank()) {
                reply(assistant.say(line, today));
            }
        }
    }

    private String ask(BufferedReader in) {
        if (engram.streams().fromTerminal()) {
            engram.streams().err().print("> ");
            engram.streams().err().flush();
        }
        try {
            return in.readLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void reply(Reply reply) {
        PrintStream out = engram.streams().out();
        if (json) {
            new JsonOutput()
                    .add("kind", reply.kind().name().toLowerCase(Locale.ROOT))
                    .add("text", reply.text())
                    .add("writer", reply.writer())
                    .add("sources", reply.sources())
                    .add("noted", reply.noted())
                    .add("rereads", reply.rereads())
                    .print(engram.streams());
            return;
        }
        out.println(reply.text());
        for (Source s : reply.sources()) {
            String where = s.turn() == 0
                    ? s.store() + " pack"
                    : "turn " + s.turn() + ", " + s.date() + ", " + s.store() + "-term store";
            out.println(String.format(Locale.ROOT, "    [%s] %s, score %.2f: ", s.id(), where, s.score()) + s.text());
        }
        if (reply.kind() == Reply.Kind.MODEL) {
            out.println("    (the model alone, from no memory)");
        }
        out.flush();
    }

    @Command(name = "profile", description = "Prints what is remembered of the user and counts.", sortOptions = false)
    int profile() {
        try (UserMemory memory = memory()) {
            List<Told> all = memory.profile();
            if (json) {
                new JsonOutput()
                        .add("profile", all.stream().map(t -> row(memory, t)).toList())
                        .print(engram.streams());
            } else {
                all.forEach(t -> engram.streams().out().println(line(memory, t)));
            }
        }
        return 0;
    }

    private static Map<String, Object> row(UserMemory memory, Told t) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("id", t.id());
        row.put("subject", t.subject());
        row.put("value", t.value());
        row.put("text", t.text());
        row.put("turns", t.turns());
        row.put("date", date(t));
        row.put("store", memory.store(t.id()).map(h -> h.key()).orElse(""));
        row.put("end", t.end());
        return row;
    }

    private static String line(UserMemory memory, Told t) {
        String where = memory.store(t.id()).map(h -> h.key() + "-term").orElse(t.end());
        String turns = t.turns().stream().map(String::valueOf).collect(Collectors.joining(", "));
        String subject = t.subject().isEmpty() ? "?" : t.subject();
        return t.id() + "  " + date(t) + "  " + where + "  turn " + turns + "  " + subject + ": "
                + (t.value().isEmpty() ? "" : t.value() + "  ") + "\"" + t.text() + "\"";
    }

    private static String date(Told t) {
        return LocalDate.ofEpochDay((long) Math.floor(t.day())).toString();
    }

    @Command(
            name = "history",
            description = "Prints the turns, and what no longer counts with the reason.",
            sortOptions = false)
    int history() {
        try (UserMemory memory = memory()) {
            if (json) {
                new JsonOutput()
                        .add("turns", memory.history())
                        .add(
                                "past",
                                memory.past().stream().map(t -> row(memory, t)).toList())
                        .print(engram.streams());
                return 0;
            }
            PrintStream out = engram.streams().out();
            for (Exchange e : memory.history()) {
                out.println(e.turn() + "  " + LocalDate.ofEpochDay((long) Math.floor(e.day())) + "  you: " + e.user());
                out.println("    assistant: " + e.reply());
            }
            memory.past().forEach(t -> out.println("no longer: " + line(memory, t)));
        }
        return 0;
    }

    @Command(
            name = "forget",
            description = "Deletes a memory by its id, or everything about a subject or with these words: from stores,"
                    + " index, history and file.",
            sortOptions = false)
    int forget(
            @Parameters(paramLabel = "ID|TEXT", description = "Such as m3, address, or some of the words.")
                    String what) {
        if (what.isBlank()) {
            throw new BadInputException("What is to be forgotten is empty; give an id such as m3, a subject or words.");
        }
        try (UserMemory memory = memory()) {
            UserMemory.Forgotten gone = memory.forget(what);
            if (gone.memories().isEmpty() && gone.turns() == 0) {
                throw new BadInputException(
                        "Nothing is remembered under '" + what + "'; ./engram assistant profile lists what is.");
            }
            if (json) {
                new JsonOutput()
                        .add("memories", gone.memories())
                        .add("turns", gone.turns())
                        .print(engram.streams());
            } else {
                engram.streams()
                        .out()
                        .println("Deleted " + gone.memories() + " and the words of " + gone.turns()
                                + " turns. Copies made by export are not in this folder: delete them yourself.");
            }
        }
        return 0;
    }

    @Command(
            name = "export",
            description = "Prints everything that is kept of the user as one JSON object.",
            sortOptions = false)
    int export() {
        try (UserMemory memory = memory()) {
            List<Map<String, Object>> past = new ArrayList<>();
            memory.past().forEach(t -> past.add(row(memory, t)));
            new JsonOutput()
                    .add("user", String.valueOf(user.getFileName()))
                    .add(
                            "profile",
                            memory.profile().stream().map(t -> row(memory, t)).toList())
                    .add("past", past)
                    .add("turns", memory.history())
                    .print(engram.streams());
        }
        return 0;
    }
}
