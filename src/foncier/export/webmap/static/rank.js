'use strict';
/* Scores and ranks for any weights: the formula of foncier.scoring.ranking, to the ninth decimal. */

const MIN_COVERAGE = 0.5; // below half of the weight known, a site has no rank
const PRECISION = 1e9; // scores equal to the ninth decimal are equal
const POWERS = 12; // as `foncier.scoring.composition`: powers of ten from 0 to 1

/** Scores in [0, 1] by criterion; NaN is unknown. */
const criterionScores = page.criteria.map((rule) => Float64Array.from(
  rule.scores,
  (score) => (score === null ? NaN : score),
));
/** Weights of the study, whose ranks and rank intervals Python computed. */
const STUDY_WEIGHTS = page.criteria.map((rule) => rule.weight);
let weights = [...STUDY_WEIGHTS];

/**
 * @typedef {Object} Scores
 * @property {Float64Array} score weighted mean of the known criterion scores; NaN when none is known
 * @property {Float64Array} low score with all that is unknown at 0
 * @property {Float64Array} high score with all that is unknown at 1
 * @property {Float64Array} coverage share of the weight that is known
 * @property {Float64Array} rank 1 is the best, equal scores share it; NaN without a rank
 * @property {Uint32Array} order positions from the first rank to the last, without a rank last
 */

/**
 * Score and rank all sites.
 * @param {number[]} newWeights weights, one a criterion; their proportions count
 * @returns {Scores}
 */
function scoresFor(newWeights) {
  const count = sites.length;
  const total = newWeights.reduce((sum, weight) => sum + weight, 0);
  const blank = () => new Float64Array(count).fill(NaN);
  const result = { score: blank(), low: blank(), high: blank(), coverage: blank(), rank: blank(),
    order: sitesById };
  if (!(total > 0)) return result;
  const shares = newWeights.map((weight) => weight / total);
  const whole = shares.reduce((sum, share) => sum + share, 0);
  const mean = blank();
  for (let i = 0; i < count; i += 1) {
    let weightedSum = 0;
    let knownShare = 0;
    for (let k = 0; k < criterionScores.length; k += 1) {
      const score = criterionScores[k][i];
      if (score === score) { // eslint-disable-line no-self-compare -- NaN is unknown
        weightedSum += shares[k] * score;
        knownShare += shares[k];
      }
    }
    const low = Math.min(1, Math.max(0, weightedSum / whole));
    const coverage = knownShare / whole;
    const high = Math.min(1, Math.max(low, weightedSum / whole + (1 - coverage)));
    if (knownShare > 0) mean[i] = weightedSum / knownShare;
    result.coverage[i] = coverage;
    result.low[i] = low;
    result.high[i] = high;
    result.score[i] = Math.min(high, Math.max(low, mean[i]));
  }
  assignRanks(result, mean);
  return result;
}

/**
 * Rank the sites that are known well enough.
 * @param {Scores} result
 * @param {Float64Array} mean
 */
function assignRanks(result, mean) {
  const least = Math.round(MIN_COVERAGE * PRECISION);
  const ranked = (i) => result.coverage[i] > 0 && !sites[i].rank_apart
    && Math.round(result.coverage[i] * PRECISION) >= least;
  const own = mean.map((value, i) => (ranked(i)
    ? PRECISION - Math.round(placeOf(sites[i], value) * PRECISION) : NaN));
  const best = bestOfFamilies(own);
  const keys = own.map((key, i) => (Number.isNaN(key) ? NaN : best.get(familyOf(sites[i])) ?? key));
  result.order = sortedPositions(own);
  if (own.some((key, i) => keys[i] < key)) { // the members of a family follow their best one
    const key = (i) => (Number.isNaN(keys[i]) ? 2 * PRECISION : keys[i]);
    result.order.sort((a, b) => key(a) - key(b) || own[a] - own[b] || idRank[a] - idRank[b]);
  }
  let rank = 0;
  let lines = 0;
  let before = NaN;
  const counted = new Set();
  result.order.forEach((i) => {
    if (Number.isNaN(keys[i])) return;
    const family = familyOf(sites[i]);
    if (!counted.has(family)) {
      counted.add(family);
      lines += 1;
      if (keys[i] !== before) rank = lines;
      before = keys[i];
    }
    result.rank[i] = rank;
  });
}

/**
 * @param {Site} site
 * @returns {string} its family, else its own id: one line of the ranking
 */
function familyOf(site) {
  return site.family === null ? `\t${site.id}` : site.family;
}

/**
 * Key of the best member of each family.
 * @param {Float64Array} keys of the sites; NaN without a rank
 * @returns {Map<string, number>}
 */
function bestOfFamilies(keys) {
  const best = new Map();
  keys.forEach((key, i) => {
    const family = familyOf(sites[i]);
    if (!Number.isNaN(key) && !(best.get(family) <= key)) best.set(family, key);
  });
  return best;
}

/**
 * Value in [0, 1] by which a site is ranked: its score, or score × confidence × availability by its
 * logarithm, in the lower half where the confidence is low.
 * @param {Site} site
 * @param {number} mean
 * @returns {number}
 */
function placeOf(site, mean) {
  if (site.rank_factor === null) return mean;
  const power = Math.log10(mean) + Math.log10(site.rank_factor);
  return (Math.min(1, Math.max(0, 1 + power / POWERS)) + (site.rank_last ? 0 : 1)) / 2;
}

/**
 * Positions of the sites from the least key to the greatest; equal ones by id, NaN last. One
 * number encodes key and id, so that the native sort needs no comparison function.
 * @param {ArrayLike<number>} keys whole numbers up to 10^9
 * @returns {Uint32Array}
 */
function sortedPositions(keys) {
  const count = sites.length;
  const keyed = Float64Array.from(keys, (key, i) => (
    (Number.isNaN(key) ? 2 * PRECISION : key) * count + idRank[i])).sort();
  return Uint32Array.from(keyed, (one) => sitesById[one % count]);
}

/** @returns {boolean} the weights are those of the study, but for their scale */
function usesStudyWeights() {
  return weights.every((weight, k) => weight === STUDY_WEIGHTS[k]);
}

const SCORE_FIELDS = ['score', 'score_low', 'score_high', 'coverage', 'overall_rank'];
/** Scores of each site with the weights of the study, as Python computed them. */
const studyScores = sites.map((site) => SCORE_FIELDS.map((name) => site[name]));
/** Position of each site by id, for equal ranks and for sites without one. */
const idRank = new Uint32Array(sites.length);
/** Sites by id: the reverse of `idRank`. */
const sitesById = Uint32Array.from(sites.keys())
  .sort((a, b) => (sites[a].id < sites[b].id ? -1 : 1));
sitesById.forEach((index, position) => { idRank[index] = position; });
/** @type {Site[]} sites from the first rank to the last, those without a rank at the end */
let rankedSites = [...sites];
/** The order of the study's own weights. */
const studyOrder = Uint32Array.from(sites.keys()); // the page has the sites in that order
/** Position of each site in that order. */
const positions = Uint32Array.from(sites.keys());
/** Rank of each site with the weights of the study; null without one. */
const studyRanks = sites.map((site) => site.overall_rank);
let rankedCount = countLines();

/** @returns {number} lines of the ranking: a family is one */
function countLines() {
  return new Set(sites.filter((site) => site.overall_rank !== null).map(familyOf)).size;
}

/**
 * Apply other weights: update score and rank of every site, and the order.
 * @param {number[]} fresh
 */
function applyWeights(fresh) {
  weights = fresh;
  clearFilterResult();
  const known = (value) => (Number.isNaN(value) ? null : value);
  let order = studyOrder;
  if (usesStudyWeights()) {
    sites.forEach((site, i) => SCORE_FIELDS.forEach((name, k) => { site[name] = studyScores[i][k]; }));
  } else {
    const result = scoresFor(weights);
    order = result.order;
    sites.forEach((site, i) => {
      site.score = known(result.score[i]);
      site.score_low = known(result.low[i]);
      site.score_high = known(result.high[i]);
      site.coverage = known(result.coverage[i]);
      site.overall_rank = known(result.rank[i]);
    });
  }
  rankedCount = countLines();
  rankedSites = Array.from(order, (index) => sites[index]);
  order.forEach((index, position) => { positions[index] = position; });
}
