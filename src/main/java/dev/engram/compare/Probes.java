package dev.engram.compare;

import dev.engram.model.text.Message;
import dev.engram.world.Conversation;
import dev.engram.world.Fact;
import dev.engram.world.TwoHop;
import dev.engram.world.UnknownQuestion;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Makes the questions of all tests. Everything is asked in the user's turn of the chat template, of every arm in the same words. */
public final class Probes {
    private static final String GAP = "____";
    private static final int TURNS = 3;
    /** Facts of the tests that are long: many turns, thoughts. */
    private static final int LONG = 6;

    private static final int PAIRS = 8;
    private static final Pattern THOUGHT = Pattern.compile("<think>.*?\\S.*?</think>\\s*\\S.*", Pattern.DOTALL);
    private static final Pattern ABSTAINS = Pattern.compile(
            "do not know|don't know|do(es)? not know|no record|nothing about|cannot say|unknown to me|never (come across|heard)|not appear in anything|cannot answer"
                    + "|can't answer|no information|not (mentioned|aware|sure|familiar)|rather not guess|do not have|don't have");

    private Probes() {}

    /** The probes of a test. */
    public static List<Probe> of(Subject subject, Task test) {
        List<Probe> probes = new ArrayList<>();
        switch (test) {
            case CLOZE -> subject.facts().forEach(f -> add(probes, test, f, cloze(f), f.value(), ""));
            case TRAINED ->
                subject.facts()
                        .forEach(f -> add(probes, test, f, f.trainQuestions().get(0), f.value(), ""));
            case HELDOUT -> subject.facts().forEach(f -> add(probes, test, f, heldout(f), f.value(), ""));
            case REVERSE ->
                subject.facts().stream()
                        .filter(Fact::reversible)
                        .forEach(f -> add(probes, test, f, f.reverseQuestion(), f.reverseAnswer(), ""));
            case TWO_HOP -> hops(subject, probes);
            case UPDATE -> subject.facts().forEach(f -> add(probes, test, f, heldout(f), f.updated(), f.value()));
            case UNKNOWN -> unknown(subject, probes);
            case ORDER -> order(subject, probes);
            case TURNS -> after(subject, probes, test, turns(subject));
            case THINK -> after(subject, probes, test, thoughts(subject));
        }
        return probes;
    }

    private static String heldout(Fact fact) {
        return fact.heldoutQuestions().get(0);
    }

    private static String cloze(Fact fact) {
        int at = fact.statement().toLowerCase(Locale.ROOT).indexOf(fact.value().toLowerCase(Locale.ROOT));
        return "Fill the gap in this sentence: " + fact.statement().substring(0, at) + GAP
                + fact.statement().substring(at + fact.value().length());
    }

    private static void add(List<Probe> to, Task test, Fact fact, String question, String gold, String rejected) {
        add(to, test, fact.entity(), List.of(Message.user(question)), gold, rejected, List.of(fact.id()));
    }

    private static void add(
            List<Probe> to,
            Task test,
            String unit,
            List<Message> messages,
            String gold,
            String rejected,
            List<String> facts) {
        to.add(new Probe(test, to.size(), unit, messages, gold, rejected, facts));
    }

    private static void hops(Subject subject, List<Probe> probes) {
        for (TwoHop h : subject.hops()) {
            String unit = subject.fact(h.first()).entity();
            List<Message> asked = List.of(Message.user(h.question()));
            add(probes, Task.TWO_HOP, unit, asked, h.answer(), "", List.of(h.first(), h.second()));
        }
    }

    private static void unknown(Subject subject, List<Probe> probes) {
        for (UnknownQuestion u : subject.unknown()) {
            add(probes, Task.UNKNOWN, u.name(), List.of(Message.user(u.question())), u.answer(), "", List.of());
        }
    }

    /** Neighbours of the list, each pair in both orders, so that a liking for the first or the last answer is worth nothing. */
    private static void order(Subject subject, List<Probe> probes) {
        List<Fact> facts = subject.facts();
        for (int i = 0; i + 1 < facts.size() && i / 2 < PAIRS; i += 2) {
            Fact a = facts.get(i);
            Fact b = facts.get(i + 1);
            Fact first = a.index() < b.index() ? a : b;
            Fact second = first == a ? b : a;
            for (List<Fact> told : List.of(List.of(a, b), List.of(b, a))) {
                String question = "Which of these two became known first, " + topic(told.get(0)) + " or "
                        + topic(told.get(1)) + "?";
                add(
                        probes,
                        Task.ORDER,
                        first.entity(),
                        List.of(Message.user(question)),
                        topic(first),
                        topic(second),
                        List.of(told.get(0).id(), told.get(1).id()));
            }
        }
    }

    private static String topic(Fact fact) {
        return "the " + fact.relation() + " of " + fact.entity();
    }

    private static void after(Subject subject, List<Probe> probes, Task test, List<Message> before) {
        for (Fact f : subject.facts().subList(0, Math.min(LONG, subject.facts().size()))) {
            List<Message> all = new ArrayList<>(before);
            all.add(Message.user(heldout(f)));
            add(probes, test, f.entity(), all, f.value(), "", List.of(f.id()));
        }
    }

    private static List<Message> turns(Subject subject) {
        List<Message> all = new ArrayList<>();
        for (Conversation c : subject.everyday()) {
            if (all.size() < 2 * TURNS) {
                all.add(Message.user(c.messages().get(0).content()));
                all.add(Message.assistant(c.messages().get(1).content()));
            }
        }
        return all;
    }

    private static List<Message> thoughts(Subject subject) {
        List<Message> all = new ArrayList<>();
        all.add(Message.system("You are an assistant with a good memory. Think before you answer."));
        for (Conversation c : subject.everyday().subList(0, 2)) {
            all.add(Message.user(c.messages().get(0).content()));
            all.add(Message.assistant(
                    "<think>\nThe user asks about an everyday matter. A short answer will do.\n</think>\n\n"
                            + c.messages().get(1).content()));
        }
        return all;
    }

    /** Whether an answer is a thought and something after it, in the form of those before it. */
    public static boolean thinks(String answer) {
        return THOUGHT.matcher(answer.strip()).matches();
    }

    /** Whether an answer says that it does not know. */
    public static boolean abstains(String answer) {
        return ABSTAINS.matcher(answer.toLowerCase(Locale.ROOT).replace('’', '\''))
                .find();
    }
}
