// Moves a ring: shown first, and carried out once somebody has approved it. A pipeline project of main alone, whose script path
// this is; the Git of the project fetches all branches. The credential `nearedge-push` (secret text) may push to ring/* and
// open pull requests. Who may approve is said by `submitter`: name your own people or groups.
pipeline {
    agent none
    options {
        disableConcurrentBuilds()
    }
    parameters {
        string(name: 'RING', description: 'ring to move')
        choice(name: 'ACTION', choices: ['advance', 'rollback'], description: 'which way')
        string(name: 'TO', description: 'commit to go to (advance: what the ring before holds; rollback: what it held before)')
        string(name: 'SOAK', defaultValue: '24h', description: 'how long the ring before has to have had it')
        string(name: 'ACKNOWLEDGE', description: 'dangers that are accepted, such as DOWNTIME/store-005, with blanks between them')
    }
    environment {
        GIT_AUTHOR_NAME = 'nearedge'
        GIT_AUTHOR_EMAIL = 'nearedge@noreply.invalid'
        GIT_COMMITTER_NAME = 'nearedge'
        GIT_COMMITTER_EMAIL = 'nearedge@noreply.invalid'
    }
    stages {
        stage('Show') {
            agent { label 'nearedge' }
            environment {
                DRY_RUN = 'true'
            }
            steps {
                sh '''
                    set -euf
                    git remote set-head origin main
                    set --
                    [ -z "${TO:-}" ] || set -- "$@" --to "$TO"
                    if [ "$ACTION" = advance ]; then
                      # What is only shown has time yet.
                      [ -z "${SOAK:-}" ] || [ -n "${DRY_RUN:-}" ] || set -- "$@" --soak "$SOAK"
                      for danger in ${ACKNOWLEDGE:-}; do set -- "$@" --acknowledge "$danger"; done
                    fi
                    [ -z "${PULL_REQUEST:-}" ] || set -- "$@" --pull-request
                    [ -z "${DRY_RUN:-}" ] || set -- "$@" --dry-run
                    case "$ACTION" in
                      advance | rollback) nearedge rollout "$ACTION" "$@" -- "$RING" ;;
                      *) echo "ACTION is advance or rollback" >&2; exit 64 ;;
                    esac
                '''
            }
        }
        stage('Approve') {
            options {
                timeout(time: 3, unit: 'DAYS')
            }
            input {
                message 'Move the ring as shown?'
                submitter 'nearedge-approvers'
            }
            steps {
                echo 'approved'
            }
        }
        stage('Move') {
            agent { label 'nearedge' }
            environment {
                NEAREDGE_TOKEN = credentials('nearedge-push')
            }
            steps {
                sh '''
                    set -euf
                    git remote set-head origin main
                    set --
                    [ -z "${TO:-}" ] || set -- "$@" --to "$TO"
                    if [ "$ACTION" = advance ]; then
                      # What is only shown has time yet.
                      [ -z "${SOAK:-}" ] || [ -n "${DRY_RUN:-}" ] || set -- "$@" --soak "$SOAK"
                      for danger in ${ACKNOWLEDGE:-}; do set -- "$@" --acknowledge "$danger"; done
                    fi
                    [ -z "${PULL_REQUEST:-}" ] || set -- "$@" --pull-request
                    [ -z "${DRY_RUN:-}" ] || set -- "$@" --dry-run
                    case "$ACTION" in
                      advance | rollback) nearedge rollout "$ACTION" "$@" -- "$RING" ;;
                      *) echo "ACTION is advance or rollback" >&2; exit 64 ;;
                    esac
                '''
            }
        }
    }
}
