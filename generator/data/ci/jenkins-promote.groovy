// Digest in, pull request out: started by hand, or by the pipeline that built the image or the model (`build job: ...`).
// A pipeline project of main alone, whose script path this is. The credential `nearedge-push` (secret text) may push branches and
// open pull requests.
pipeline {
    agent { label 'nearedge' }
    options {
        timeout(time: 20, unit: 'MINUTES')
        disableConcurrentBuilds()
    }
    parameters {
        string(name: 'MODEL', description: 'model, image such as vllm, or repository such as quay.io/acme/app')
        string(name: 'DIGEST', description: 'sha256:... of the image or modelcar')
        string(name: 'VERSION', description: 'version of the model')
        string(name: 'SOURCE', description: 'source of the model, where it is another one')
        string(name: 'FROM', description: 'ring whose version is taken instead')
        string(name: 'RING', description: 'for this ring only')
        string(name: 'CLUSTER', description: 'for this cluster only')
    }
    environment {
        GIT_AUTHOR_NAME = 'nearedge'
        GIT_AUTHOR_EMAIL = 'nearedge@noreply.invalid'
        GIT_COMMITTER_NAME = 'nearedge'
        GIT_COMMITTER_EMAIL = 'nearedge@noreply.invalid'
    }
    stages {
        stage('Promote') {
            environment {
                NEAREDGE_TOKEN = credentials('nearedge-push')
            }
            steps {
                sh '''
                    set -eu
                    set --
                    [ -z "${DIGEST:-}" ] || set -- "$@" --digest "$DIGEST"
                    [ -z "${VERSION:-}" ] || set -- "$@" --version "$VERSION"
                    [ -z "${SOURCE:-}" ] || set -- "$@" --source "$SOURCE"
                    [ -z "${FROM:-}" ] || set -- "$@" --from "$FROM"
                    [ -z "${RING:-}" ] || set -- "$@" --ring "$RING"
                    [ -z "${CLUSTER:-}" ] || set -- "$@" --cluster "$CLUSTER"
                    nearedge promote "$@" -- "$MODEL"
                    if [ -z "$(git status --porcelain -- clusters base overlays acm)" ]; then
                      echo "nothing to publish"
                      exit 0
                    fi
                    where=${RING:-${CLUSTER:-all}}
                    name=$(printf %s "$MODEL-$where" | tr -c 'a-zA-Z0-9.-' -)
                    nearedge publish --branch "promote/$name" --base "${BASE:-main}" --replace --title "Promote $MODEL to $where"
                '''
            }
        }
    }
}
