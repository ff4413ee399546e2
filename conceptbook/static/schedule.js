// When each question comes back: FSRS (ts-fsrs, vendor/manifest.json) over the reviews of a reader.
// Nothing here is kept: the same reviews give the same schedule, in every tab and every version.

"use strict";

{
  const SOON = 20 * 60_000; // milliseconds; a question due so soon is asked again in the same session
  const RECENT = 6; // answers on a page that tell whether it is weak
  const WEAK = 1 / 3;
  const A_DAY = 86_400_000;

  // The published weights. No fuzz: the same reviews must give the same days everywhere. One step of
  // ten minutes: what failed is asked again in the session, what went well comes back in days.
  const PARAMETERS = { enable_fuzz: false, learning_steps: ["10m"], relearning_steps: ["10m"] };
  const scheduler = FSRS.fsrs(PARAMETERS);

  // The schedule of one question after its reviews, oldest first: the card of FSRS, and of each review
  // whether it tested memory (a day or more after the one before).
  function replay(reviews) {
    let card = FSRS.createEmptyCard(new Date(reviews[0].at));
    let last = null;
    const tests = [];
    for (const { at, rating } of reviews) {
      if (card.state === FSRS.State.Review && at - last >= A_DAY) tests.push(rating > 1);
      card = scheduler.next(card, new Date(at), rating).card;
      last = at;
    }
    return { card, tests, last };
  }

  // The schedules of all questions that were answered: {key: {card, tests, last, reviews}}.
  function schedules(reviews) {
    const byKey = new Map();
    for (const review of reviews) {
      if (!byKey.has(review.card)) byKey.set(review.card, []);
      byKey.get(review.card).push(review);
    }
    return new Map([...byKey].map(([key, list]) => [key, { ...replay(list), reviews: list }]));
  }

  // Names reviews by the questions that the book has now. A page that moved is known by the book's list
  // of moves; a question that was reworded by its answer, if that is the same; else it has retired.
  function recognize(reviews, questions, moved) {
    const byAnswer = new Map(questions.map((q) => [`${q.page.slug}#${q.answer}`, q.key]));
    const keys = new Set(questions.map((q) => q.key));
    const seen = new Set(reviews.map((review) => review.card));
    return reviews.map((review) => {
      const [slug, id] = review.card.split("#");
      const page = moved[slug] ?? slug;
      const key = `${page}#${id}`;
      if (keys.has(key)) return { ...review, card: key };
      const reworded = byAnswer.get(`${page}#${review.answer}`);
      return { ...review, card: reworded && !seen.has(reworded) ? reworded : key };
    });
  }

  const isDue = (schedule, now) => schedule.card.due.getTime() <= now;

  const recall = (schedule, now) => scheduler.get_retrievability(schedule.card, new Date(now), false);

  // The moment at which each grade would bring a question back: {1: ms, 2: ms, 3: ms, 4: ms}.
  function choices(schedule, now) {
    const card = schedule?.card ?? FSRS.createEmptyCard(new Date(now));
    const preview = scheduler.repeat(card, new Date(now));
    return Object.fromEntries([1, 2, 3, 4].map((grade) => [grade, preview[grade].card.due.getTime()]));
  }

  // The questions of a session: what is due, the least remembered first, then new ones as they come.
  function plan(questions, known, now, length) {
    const due = questions
      .filter((q) => known.has(q.key) && isDue(known.get(q.key), now))
      .map((q) => [recall(known.get(q.key), now), q])
      .sort((a, b) => a[0] - b[0])
      .map(([, q]) => q);
    const fresh = questions.filter((q) => !known.has(q.key));
    const room = length === "due" ? 0 : Math.max(0, Number(length) - due.length);
    const taken = length === "due" ? due : due.slice(0, Number(length));
    return { due: taken, fresh: fresh.slice(0, room) };
  }

  // Pages whose last answers went badly, worst first: {page, share, question} with the worst question.
  function weakPages(questions, known) {
    const byPage = new Map();
    for (const question of questions) {
      for (const review of known.get(question.key)?.reviews ?? []) {
        if (!byPage.has(question.page)) byPage.set(question.page, []);
        byPage.get(question.page).push({ ...review, question });
      }
    }
    return [...byPage]
      .map(([page, reviews]) => {
        const recent = reviews.sort((a, b) => a.at - b.at).slice(-RECENT);
        const bad = recent.filter(({ rating }) => rating <= 2);
        const worst = bad.sort((a, b) => a.rating - b.rating || b.at - a.at)[0];
        return { page, share: bad.length / recent.length, answers: recent.length, question: worst?.question };
      })
      .filter(({ share, answers }) => answers >= 2 && share >= WEAK)
      .sort((a, b) => b.share - a.share || b.answers - a.answers);
  }

  // A span of time as a button says it.
  function words(milliseconds) {
    const minutes = Math.max(1, Math.round(milliseconds / 60_000));
    if (minutes < 60) return `${minutes} min`;
    if (minutes < 60 * 24) return `${Math.round(minutes / 60)} h`;
    const days = Math.round(milliseconds / A_DAY);
    if (days < 31) return days === 1 ? "1 day" : `${days} days`;
    return days < 365 ? `${Math.round(days / 30.4)} mo` : `${(days / 365).toFixed(1)} y`;
  }

  window.conceptSchedule = { A_DAY, SOON, choices, isDue, plan, recognize, schedules, weakPages, words };
}
