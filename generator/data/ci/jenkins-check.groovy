// Keeps base/, overlays/ and acm/ in step with clusters/: a pull request whose output is not what its specs
// compile to is refused, and its plan is one comment that is kept up to date, with the page of it beside the run.
//
// For a multibranch project. An agent with the label `nearedge` has nearedge, git and sh (ci/Containerfile makes such an
// image). Environment variables of the folder: NEAREDGE_FORGE (github, gitlab or gitea) and NEAREDGE_REPOSITORY (its web address);
// NEAREDGE_CACHE, a folder of the agent that runs share, if you like. A credential `nearedge-comment` (secret text) may write
// comments and labels and nothing more; a pull request from a fork is not commented on. Let only people whom you trust change
// this file in a pull request (Branch Sources, Trust).
pipeline {
    agent none
    options {
        timeout(time: 1, unit: 'HOURS')
        disableConcurrentBuilds(abortPrevious: true)
    }
    triggers {
        cron(env.BRANCH_NAME == 'main' ? 'H 5 * * 1-5' : '')
    }
    stages {
        stage('Plan') {
            when { changeRequest() }
            agent { label 'nearedge' }
            steps {
                sh '''
                    set -eu
                    base="origin/$CHANGE_TARGET"
                    rm -rf .nearedge-told
                    mkdir .nearedge-told
                    nearedge plan --base "$base" --format markdown > .nearedge-told/plan.md || true
                    nearedge report --plan --base "$base" --output .nearedge-told/plan.html || true
                    class=$(nearedge plan --base "$base" --format class) || class=danger
                    # What else it changes nearedge does not look at.
                    if [ "$class" = routine ] && ! git diff --quiet "$base..." -- . ':!clusters' ':!base' ':!overlays' ':!acm'; then
                        class=caution
                    fi
                    echo "$class" > .nearedge-told/plan.class
                '''
                archiveArtifacts artifacts: '.nearedge-told/*'
                stash name: 'plan', includes: '.nearedge-told/plan.md,.nearedge-told/plan.class', useDefaultExcludes: false
            }
        }
        stage('Comment') {
            when {
                beforeAgent true
                allOf {
                    changeRequest()
                    expression { !env.CHANGE_FORK }
                }
            }
            agent { label 'nearedge' }
            options { skipDefaultCheckout() }
            steps {
                deleteDir()
                unstash 'plan'
                withCredentials([string(credentialsId: 'nearedge-comment', variable: 'NEAREDGE_TOKEN')]) {
                    sh '''
                        set -eu
                        nearedge comment .nearedge-told/plan.md --pull-request "$CHANGE_ID" --class "$(cat .nearedge-told/plan.class)" --repository "$NEAREDGE_REPOSITORY" --forge "$NEAREDGE_FORGE"
                    '''
                }
            }
        }
        stage('Check') {
            agent { label 'nearedge' }
            steps {
                sh '''
                    set -eu
                    set --
                    [ -z "${CHANGE_TARGET:-}" ] || set -- --base "origin/$CHANGE_TARGET"
                    nearedge check --format junit "$@" > nearedge.xml || true
                    nearedge check --format sarif "$@" > nearedge.sarif || true
                    nearedge check "$@"
                    nearedge render --check
                    # A pull request proves what no run has proven; the branch that is delivered proves everything.
                    if [ -n "${CHANGE_TARGET:-}" ]; then
                        nearedge render
                    else
                        nearedge verify
                    fi
                '''
            }
            post {
                always {
                    junit 'nearedge.xml'
                    archiveArtifacts artifacts: 'nearedge.sarif'
                }
            }
        }
        stage('Waivers that end') {
            when {
                beforeAgent true
                allOf {
                    branch 'main'
                    triggeredBy 'TimerTrigger'
                }
            }
            agent { label 'nearedge' }
            steps {
                sh '''
                    set -eu
                    code=0
                    nearedge render --check || code=$?
                    nearedge verify || code=$?
                    soon=$(date -u -d "@$(($(date +%s) + 14 * 86400))" +%F)
                    told=$(nearedge check --today "$soon") || code=$?
                    case "$told" in *WAIVER001*) echo "waivers end before $soon" >&2; code=1 ;; esac
                    [ "$code" = 0 ] || echo "$told"
                    exit "$code"
                '''
            }
        }
    }
}
