package dev.engram.world;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The multiple-choice papers: law (what the laws say) and medicine (illnesses, and what plants are good for). */
final class Papers {
    private static final int OPTIONS = 4;

    private final Draw draw;
    private final List<PaperQuestion> questions = new ArrayList<>();

    Papers(String seed) {
        draw = new Draw(seed, "papers");
    }

    List<PaperQuestion> make(List<Entry> entries) {
        paper("law", entries.stream().filter(e -> e.fact().kind().equals("law")).toList(), entries);
        paper(
                "medicine",
                entries.stream()
                        .filter(e -> e.fact().kind().equals("illness")
                                || e.fact().kind().equals("plant")
                                        && e.relation().name().equals("use"))
                        .toList(),
                entries);
        return questions;
    }

    private void paper(String paper, List<Entry> asked, List<Entry> entries) {
        for (Entry entry : draw.shuffled(asked)) {
            Fact fact = entry.fact();
            // Wrong options are right elsewhere: values of the same relation and split.
            List<String> wrong = draw.shuffled(entries.stream()
                    .filter(e ->
                            e.relation() == entry.relation() && e.fact().split().equals(fact.split()))
                    .map(e -> e.fact().value())
                    .filter(value -> !value.equals(fact.value()) && !value.equals(fact.updated()))
                    .distinct()
                    .toList());
            List<String> options = new ArrayList<>(wrong.subList(0, OPTIONS - 1));
            options.add(fact.value());
            options = draw.shuffled(options);
            List<String> wordings = new ArrayList<>(fact.trainQuestions());
            wordings.addAll(fact.heldoutQuestions());
            String id = String.format(Locale.ROOT, "%s-%03d", paper, number(paper) + 1);
            questions.add(new PaperQuestion(
                    id, paper, fact.split(), fact.id(), draw.pick(wordings), options, options.indexOf(fact.value())));
        }
    }

    private long number(String paper) {
        return questions.stream().filter(q -> q.paper().equals(paper)).count();
    }
}
